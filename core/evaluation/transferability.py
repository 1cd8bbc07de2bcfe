"""What frozen features are worth for a task, before anything is trained: three numbers, each computed in seconds."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from sklearn.model_selection import StratifiedKFold

from core.arrays import BoolArray, FloatArray, IntArray
from core.training.principal_axes import find_principal_axes
from core.training.probe import FINAL_TOLERANCE, best_strength, search_strengths
from core.training.probe import MAX_ITERATIONS as MAX_SOLVER_ITERATIONS
from core.training.softmax_regression import SoftmaxRegression
from core.training.standardiser import Standardiser

N_PARTS = 5
MAX_NEIGHBOURS = 10
MAX_ITERATIONS = 11
TOLERANCE = 1e-3
EPSILON = 1e-5
"""Keeps the fixed point finite where features fit the labels without any residual."""

CHUNK_ROWS = 1_024


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class HeldOutScore:
    """How a classifier does on samples that were each held out once.

    Attributes:
        balanced_accuracy: mean recall over the classes that occur, in [0, 1].
        standard_error: of that number, above 0 even where all samples were hit.
        hits: whether each sample was hit, shape (n_samples,).
    """

    balanced_accuracy: float
    standard_error: float
    hits: BoolArray


def probe_cv(features: FloatArray, labels: IntArray, n_classes: int, *, seed: int = 0) -> HeldOutScore:
    """How the linear head of a run would do: logistic regression, cross-validated.

    Its regularisation is chosen by the held-out loss, as in a run. Ridge regression would be quicker, but with many
    classes and few samples of each it falls behind, and not by the same for narrow and wide networks.

    Args:
        features: shape (n_samples, n_features), at least two samples.
        labels: shape (n_samples,), integers in [0, n_classes).
        n_classes: number of classes.
        seed: fixes the parts.
    """
    even = np.ones(n_classes, dtype=np.float32)
    strength = best_strength(list(search_strengths(features, labels, even, seed=seed)))
    # Neither the scale nor the axes know any label, so all parts share those of all samples.
    scaled = Standardiser(features)(features)
    axes = find_principal_axes(scaled)
    turned = scaled @ axes.directions
    predictions = np.full(len(labels), -1)  # what cannot be held out cannot be found
    for train, held_out in deal_out(labels, seed):
        solver = SoftmaxRegression(turned[train], axes.variances, labels[train], even)
        solver.set_strength(strength)
        solver.advance(MAX_SOLVER_ITERATIONS, FINAL_TOLERANCE)
        predictions[held_out] = solver.logits(turned[held_out]).argmax(dim=1).numpy()
    return score_hits(predictions == labels, labels)


def knn_leave_one_out(features: FloatArray, labels: IntArray, n_classes: int) -> HeldOutScore:
    """How the nearest neighbours of each sample would vote, by cosine, the sample itself left out.

    The number of neighbours is half of the smallest class, at least 1 and at most 10. Where classes have equally many
    votes, the one whose voters are nearer wins.

    Args:
        features: shape (n_samples, n_features), at least two samples.
        labels: shape (n_samples,), integers in [0, n_classes).
        n_classes: number of classes.
    """
    if len(labels) < 2:
        raise ValueError("a neighbour needs another sample")
    n_neighbours = count_neighbours(labels)
    lengths = np.linalg.norm(features, axis=1, keepdims=True)
    directions = (features / np.maximum(lengths, np.finfo(np.float32).tiny)).astype(np.float32)
    predictions = np.empty(len(labels), dtype=np.int64)
    for start in range(0, len(labels), CHUNK_ROWS):
        rows = np.arange(start, min(start + CHUNK_ROWS, len(labels)))
        cosines = directions[rows] @ directions.T
        cosines[np.arange(len(rows)), rows] = -np.inf
        predictions[rows] = _vote(cosines, labels, n_classes, n_neighbours)
    return score_hits(predictions == labels, labels)


def log_me(features: FloatArray, labels: IntArray) -> float:
    """LogME: how well a Bayesian linear model explains the labels, without a split (You et al. 2021).

    The mean over the classes of log p(y | features) / n_samples, with y 1 for the class and 0 elsewhere, under
    y ~ N(0, F F' / alpha + 1 / beta), both precisions at the maximum of this evidence. The published code leaves out
    the directions that fewer samples than features do not span, which favours wide networks; here they count.
    Without a unit: only differences between backbones on the same samples mean something.

    Args:
        features: shape (n_samples, n_features).
        labels: shape (n_samples,), integers.
    """
    targets = (labels[:, None] == np.unique(labels)).astype(np.float64)
    vectors, lengths, _ = np.linalg.svd(features.astype(np.float64), full_matrices=False)
    squares = np.square(lengths)[:, None]
    along = np.square(vectors.T @ targets)
    rest = np.maximum(np.square(targets).sum(axis=0) - along.sum(axis=0), 0.0)
    alpha, beta = _precisions(squares, along, rest, len(labels))
    return float(log_evidence(squares, along, rest, alpha, beta, len(labels)).mean() / len(labels))


def log_evidence(
    squares: FloatArray, along: FloatArray, rest: FloatArray, alpha: FloatArray, beta: FloatArray, n_samples: int
) -> FloatArray:
    """Log density of the targets, per class, shape (n_classes,).

    Args:
        squares: squared singular values of the features, shape (n_axes, 1).
        along: squared coordinates of the targets along the left singular vectors, shape (n_axes, n_classes).
        rest: squared length of the targets outside of these, shape (n_classes,).
        alpha: precision of the weights, shape (n_classes,).
        beta: precision of the noise, shape (n_classes,).
        n_samples: number of samples.
    """
    variances = squares / alpha + 1.0 / beta
    spanned = np.log(variances) + along / variances
    outside = beta * rest - (n_samples - len(squares)) * np.log(beta)
    evidence: FloatArray = -0.5 * (n_samples * np.log(2 * np.pi) + spanned.sum(axis=0) + outside)
    return evidence


def count_neighbours(labels: IntArray) -> int:
    """Half of the smallest class that occurs, so that it can have the majority; at least 1, at most 10."""
    counts = np.bincount(labels)
    return int(np.clip(counts[counts > 0].min() // 2, 1, min(MAX_NEIGHBOURS, len(labels) - 1)))


def score_hits(hits: BoolArray, labels: IntArray) -> HeldOutScore:
    """Balanced accuracy of hits, with the standard error of a mean over classes that were each drawn on their own.

    Shares of 0 and 1 count as (hits + 1) / (n + 2) for the error, because five hits of five are no certainty.

    Args:
        hits: whether each sample was hit, shape (n_samples,).
        labels: shape (n_samples,), integers.
    """
    present, classes = np.unique(labels, return_inverse=True)
    counts = np.bincount(classes)
    n_hits = np.bincount(classes, weights=hits)
    shares = (n_hits + 1) / (counts + 2)
    return HeldOutScore(
        balanced_accuracy=float((n_hits / counts).mean()),
        standard_error=float(np.sqrt((shares * (1 - shares) / (counts + 2)).sum()) / len(present)),
        hits=hits,
    )


def is_clearly_better(hits: BoolArray, other: BoolArray, labels: IntArray) -> bool:
    """Whether balanced accuracy is higher by more than one standard error of the difference on the same samples.

    Args:
        hits: of the one that may be better, shape (n_samples,).
        other: of the one it is compared with, shape (n_samples,).
        labels: shape (n_samples,), integers.
    """
    differences = hits.astype(np.float64) - other
    groups = [differences[labels == label] for label in np.unique(labels)]
    mean = np.mean([group.mean() for group in groups])
    error = np.sqrt(sum(group.var() / len(group) for group in groups)) / len(groups)
    return bool(mean > error + 1e-12)  # rounding must not part two that are alike


def deal_out(labels: IntArray, seed: int) -> list[tuple[IntArray, IntArray]]:
    """Rows to learn from and rows held out, N_PARTS of them; none where every class has one sample only."""
    counts = np.bincount(labels)
    n_parts = min(N_PARTS, int(counts.max()))
    if n_parts < 2:
        return []
    # A class with fewer samples than parts cannot be spread evenly; it is dealt out with the most frequent one.
    strata = np.where(counts[labels] < n_parts, counts.argmax(), labels)
    return list(StratifiedKFold(n_parts, shuffle=True, random_state=seed).split(strata, strata))


def _vote(cosines: FloatArray, labels: IntArray, n_classes: int, n_neighbours: int) -> IntArray:
    nearest = np.argpartition(-cosines, n_neighbours - 1, axis=1)[:, :n_neighbours]
    near = np.take_along_axis(cosines, nearest, axis=1)
    rows = np.arange(len(cosines))[:, None]
    votes = np.zeros((len(cosines), n_classes))
    # A cosine is at most 1, so all of them together never outweigh a vote.
    np.add.at(votes, (rows, labels[nearest]), 1.0 + near / (2.0 * n_neighbours + 1.0))
    found: IntArray = votes.argmax(axis=1)
    return found


def _precisions(
    squares: FloatArray, along: FloatArray, rest: FloatArray, n_samples: int
) -> tuple[FloatArray, FloatArray]:
    """The fixed point of MacKay's updates (You et al. 2021, algorithm 1), for all classes at once."""
    alpha, beta = np.ones(along.shape[1]), np.ones(along.shape[1])
    for _ in range(MAX_ITERATIONS):
        ratio = alpha / beta
        gamma = (squares / (squares + ratio)).sum(axis=0)
        weights = (squares * along / np.square(squares + ratio)).sum(axis=0)
        residual = (along / np.square(1.0 + squares / ratio)).sum(axis=0) + rest
        alpha = np.maximum(gamma, EPSILON) / (weights + EPSILON)
        beta = np.maximum(n_samples - gamma, EPSILON) / (residual + EPSILON)
        if (np.abs(alpha / beta - ratio) <= TOLERANCE * ratio).all():
            break
    return alpha, beta
