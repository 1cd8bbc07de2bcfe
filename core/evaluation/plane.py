"""Features of many samples laid out in the plane, to be looked at."""

from __future__ import annotations

import numpy as np
from scipy.linalg import orthogonal_procrustes
from sklearn.decomposition import PCA
from sklearn.manifold import TSNE

from core.arrays import FloatArray

MAX_WIDTH = 50
"""Main directions kept for the search for neighbours: more hardly change these, and cost time."""

PERPLEXITY = 30.0
MAX_ITERATIONS = 750
LEAST_SPREAD = 1e-12
"""Below which samples are all the same."""

START_SIZE = 1e-4
"""Standard deviation of the start of t-SNE, small enough that the points may still change places."""


def principal_plane(features: FloatArray) -> tuple[FloatArray, tuple[float, float]]:
    """Along the two directions in which the features vary most: positions, and the share of the variance of each.

    Args:
        features: shape (n_samples, n_features), at least three samples.

    Returns:
        Positions of shape (n_samples, 2), float32, and two shares in [0, 1].
    """
    found = PCA(2, svd_solver="randomized", random_state=0)
    with np.errstate(invalid="ignore"):  # of samples that are all the same, shares of a variance of 0 are asked for
        positions = found.fit_transform(features).astype(np.float32)
    first, second = np.nan_to_num(found.explained_variance_ratio_).tolist()
    return positions, (first, second)


def neighbour_plane(features: FloatArray, start: FloatArray) -> FloatArray:
    """Neighbours near each other: t-SNE (van der Maaten & Hinton 2008), begun at the main directions.

    From that start it keeps more of how groups lie to each other than from a random one (Kobak & Berens 2019), and the
    same features always give the same picture. How far groups lie apart, and how large they are, still means little.

    Args:
        features: shape (n_samples, n_features), at least three samples.
        start: shape (n_samples, 2).

    Returns:
        Positions of shape (n_samples, 2), float32.
    """
    width = min(MAX_WIDTH, *features.shape)
    narrow = PCA(width, svd_solver="randomized", random_state=0).fit_transform(features).astype(np.float32)
    # One size for both directions: each brought to its own would stretch the picture.
    begin = start * (START_SIZE / max(float(start[:, 0].std()), LEAST_SPREAD))
    search = TSNE(
        perplexity=min(PERPLEXITY, (len(features) - 1) / 3),
        init=begin.astype(np.float32),
        max_iter=MAX_ITERATIONS,
        random_state=0,
    )
    return np.asarray(search.fit_transform(narrow), dtype=np.float32)


def turned_onto(positions: FloatArray, reference: FloatArray) -> FloatArray:
    """Turned, or mirrored, so that each point lies as near as can be to its own in the reference; distances stay.

    Args:
        positions: shape (n_samples, 2).
        reference: of the same samples, shape (n_samples, 2).

    Returns:
        Shape (n_samples, 2), float32, about the middle of the reference.
    """
    middle = reference.mean(axis=0)
    centred = positions - positions.mean(axis=0)
    turn, _ = orthogonal_procrustes(centred, reference - middle)
    return np.asarray(centred @ turn + middle, dtype=np.float32)
