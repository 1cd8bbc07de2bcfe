"""How sure a number is: the 95 % intervals of the report."""

from __future__ import annotations

import numpy as np
from scipy.stats import binomtest
from sklearn.metrics import confusion_matrix

from core.arrays import BoolArray, FloatArray, IntArray
from core.evaluation.records import Interval

CONFIDENCE = 0.95
N_RESAMPLES = 1000


def wilson_interval(hits: int, n: int) -> Interval:
    """The share of hits with its Wilson score interval (Wilson 1927), which stays inside [0, 1] and works for small n.

    Args:
        hits: number of successes, in [0, n].
        n: number of trials; with 0 there is no interval and the value is 0.
    """
    if n == 0:
        return Interval(value=0.0, low=None, high=None, why="There are no samples.")
    bounds = binomtest(hits, n).proportion_ci(confidence_level=CONFIDENCE, method="wilson")
    return Interval(value=hits / n, low=float(bounds.low), high=float(bounds.high))


def bootstrap_macro_f1(labels: IntArray, predictions: IntArray, n_classes: int, seed: int) -> Interval:
    """Macro-F1 with the percentile interval of a stratified bootstrap of 1,000 resamples (Efron & Tibshirani 1993).

    The mean runs over the classes that occur among labels or predictions, as in scikit-learn.

    Args:
        labels: true classes, shape (n_samples,), integers in [0, n_classes).
        predictions: predicted classes, same shape and range.
        n_classes: number of classes.
        seed: of the resampling; same seed, same interval.

    Returns:
        The interval; without bounds where resampling cannot change the number.
    """
    if len(labels) == 0:
        return Interval(value=0.0, low=None, high=None, why="There are no samples.")
    matrix = confusion_matrix(labels, predictions, labels=np.arange(n_classes))
    support, predicted = matrix.sum(axis=1), matrix.sum(axis=0)
    counted = (support + predicted) > 0
    value = float(macro_f1_of_counts(np.diagonal(matrix), support, predicted, counted))
    if not ((matrix > 0).sum(axis=1) > 1).any():
        why = "with every sample of a class answered alike, resampling shows no spread."
        return Interval(value=value, low=None, high=None, why=why)
    hits, predicted = _resample(matrix, np.random.default_rng(seed))
    tail = (1 - CONFIDENCE) / 2
    low, high = np.quantile(macro_f1_of_counts(hits, support, predicted, counted), [tail, 1 - tail])
    return Interval(value=value, low=float(low), high=float(high))


def bootstrap_class_f1(labels: IntArray, predictions: IntArray, n_classes: int, seed: int) -> tuple[Interval, ...]:
    """F1 of every class, in label order, with the percentile interval of the bootstrap that macro-F1 has.

    Args:
        labels: true classes, shape (n_samples,), integers in [0, n_classes).
        predictions: predicted classes, same shape and range.
        n_classes: number of classes.
        seed: of the resampling; same seed, same intervals.

    Returns:
        One interval per class; without bounds where resampling cannot change the number.
    """
    matrix = confusion_matrix(labels, predictions, labels=np.arange(n_classes))
    support, predicted = matrix.sum(axis=1), matrix.sum(axis=0)
    values = _f1(np.diagonal(matrix), support, predicted)
    hits, drawn = _resample(matrix, np.random.default_rng(seed))
    tail = (1 - CONFIDENCE) / 2
    lows, highs = np.quantile(_f1(hits, support, drawn), [tail, 1 - tail], axis=0)
    why = "resampling shows no spread."
    return tuple(
        Interval(value=float(value), low=float(low), high=float(high))
        if low < high
        else Interval(value=float(value), low=None, high=None, why=why)
        for value, low, high in zip(values, lows, highs, strict=True)
    )


def _resample(matrix: IntArray, rng: np.random.Generator) -> tuple[IntArray, IntArray]:
    """Hits and predictions per class of every resample, each of shape (N_RESAMPLES, n_classes).

    Drawing the samples of a class with replacement changes only how often each answer is drawn, and these counts
    are multinomial. Drawing the counts themselves is the same bootstrap without touching a single sample.
    """
    n_classes = len(matrix)
    hits = np.zeros((N_RESAMPLES, n_classes), dtype=np.int64)
    predicted = np.zeros((N_RESAMPLES, n_classes), dtype=np.int64)
    for label, row in enumerate(matrix):
        answers = np.flatnonzero(row)
        if len(answers) == 0:
            continue
        drawn = rng.multinomial(row.sum(), row[answers] / row.sum(), size=N_RESAMPLES)
        predicted[:, answers] += drawn
        hits[:, label] = drawn[:, answers == label].sum(axis=1)
    return hits, predicted


def macro_f1_of_counts(hits: IntArray, support: IntArray, predicted: IntArray, counted: BoolArray) -> FloatArray:
    """Mean over the counted classes of 2 hits / (support + predicted), over the last axis."""
    return np.asarray(_f1(hits, support, predicted)[..., counted].mean(axis=-1))


def _f1(hits: IntArray, support: IntArray, predicted: IntArray) -> FloatArray:
    """2 hits / (support + predicted) per class, 0 where a class neither occurs nor is predicted."""
    scores: FloatArray = 2 * hits / np.maximum(1, support + predicted)
    return scores
