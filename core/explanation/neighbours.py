"""The training samples that lie nearest to an input in the space that the head reads."""

from __future__ import annotations

import numpy as np

from core.arrays import FloatArray
from core.explanation.records import Neighbour


def nearest(features: FloatArray, of_input: FloatArray, *, n: int) -> tuple[Neighbour, ...]:
    """The nearest rows by cosine similarity, nearest first.

    The mean is taken from all of them: features that are never negative otherwise lie in one corner, and every two
    samples look alike.

    Args:
        features: shape (n_samples, n_features).
        of_input: shape (n_features,).
        n: at most so many.
    """
    mean = features.mean(axis=0, dtype=np.float64)
    similarities = _unit(features - mean) @ _unit(of_input - mean)
    order = np.argsort(-similarities, kind="stable")[:n]
    return tuple(Neighbour(row=int(row), similarity=float(np.clip(similarities[row], -1, 1))) for row in order)


def _unit(vectors: FloatArray) -> FloatArray:
    lengths = np.linalg.norm(vectors, axis=-1, keepdims=True)
    return np.asarray(vectors / np.where(lengths > 0, lengths, 1.0))
