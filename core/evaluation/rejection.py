"""When to answer "I don't know": the least probability from which on enough of the answers are right."""

from __future__ import annotations

import numpy as np
from scipy.stats import beta

from core.arrays import BoolArray, FloatArray
from core.evaluation.intervals import wilson_interval
from core.evaluation.records import CoveragePoint, Rejection

SURENESS = 0.95
PRECISIONS = (0.9, 0.95, 0.99)
"""What may be asked for."""


def choose_rejection(confidences: FloatArray, hits: BoolArray, precision: float) -> Rejection:
    """The smallest threshold above which the lower bound of the share of right answers is the wanted one.

    The bound is the exact one-sided 95 % bound for a share (Clopper & Pearson 1934), as in selective classification
    with guaranteed risk (Geifman & El-Yaniv 2017): the share itself, taken where it happens to be high, would promise
    too much. As the smallest of many thresholds is taken, what comes of it is still to be read on test samples.

    Args:
        confidences: probability of the answer to each validation sample, shape (n_samples,).
        hits: whether the answer is right, same shape.
        precision: wanted share of right answers, in (0, 1).
    """
    n = len(hits)
    order = np.argsort(-confidences, kind="stable")
    falling = confidences[order]
    # Samples of one confidence are answered together or not at all.
    last = np.flatnonzero(np.append(falling[1:] != falling[:-1], True)) if n else np.array([], dtype=int)
    n_right, n_answered = np.cumsum(hits[order])[last], last + 1
    enough = np.flatnonzero(lower_bound(n_right, n_answered) >= precision)
    if not len(enough):
        return Rejection(precision=precision, threshold=None, why=_why_not(n, precision), n=n)
    threshold = float(falling[last[enough[-1]]])
    return Rejection(
        precision=precision, threshold=threshold, why="", n=n, val=outcome(confidences, hits, threshold=threshold)
    )


def outcome(confidences: FloatArray, hits: BoolArray, *, threshold: float) -> CoveragePoint:
    """What answering from a threshold on gives on at least one sample; arrays as in `choose_rejection`."""
    is_answered = confidences >= threshold
    n = int(is_answered.sum())
    accuracy = wilson_interval(int(hits[is_answered].sum()), n)
    return CoveragePoint(threshold=threshold, coverage=n / len(hits), accuracy=accuracy)


def lower_bound(n_right: np.ndarray, n: np.ndarray) -> FloatArray:
    """The share of right answers that is surpassed with 95 % sureness, for counts of the same shape, n above 0."""
    bounds: FloatArray = beta.ppf(1 - SURENESS, np.maximum(n_right, 1), n - n_right + 1)
    return np.where(n_right > 0, bounds, 0.0)


def samples_needed(precision: float) -> int:
    """Answers that must all be right before that precision can be claimed."""
    return int(np.ceil(np.log(1 - SURENESS) / np.log(precision)))


def _why_not(n: int, precision: float) -> str:
    needed = samples_needed(precision)
    if n < needed:
        return f"{n} validation samples are too few: even if all were right, it would take {needed} to be sure of it"
    return "the answers it is surest of are not right often enough"
