"""How macro-F1 moves with single samples: what the intervals of it and of its differences are made of."""

from __future__ import annotations

import numpy as np

from core.arrays import BoolArray, FloatArray, IntArray

PSEUDO_SAMPLES = 2.0
"""Weight that the overall hit rate has in the row of a class, in samples.

A class with three samples, all of them right, would otherwise count as one that is never wrong."""


TINY = float(np.finfo(np.float64).tiny)


def count_answers(labels: IntArray, predictions: IntArray, n_classes: int) -> IntArray:
    """The confusion matrix: rows are true classes, columns predicted ones, shape (n_classes, n_classes).

    Args:
        labels: true classes, shape (n_samples,), integers in [0, n_classes).
        predictions: predicted classes, same shape and range.
        n_classes: number of classes.
    """
    cells = np.bincount(n_classes * labels + predictions, minlength=n_classes**2)
    return np.asarray(cells.reshape(n_classes, n_classes))


def shrunken_counts(matrix: IntArray) -> FloatArray:
    """Counts to expect of another draw: each row keeps its sum and is drawn a little towards the overall hit rate.

    Args:
        matrix: rows are true classes, columns predicted ones, counts, shape (n_classes, n_classes).

    Returns:
        Shape (n_classes, n_classes); no row with samples says that its class is never wrong, or never right.
    """
    support = matrix.sum(axis=1, keepdims=True).astype(np.float64)
    hit_rate = (np.trace(matrix) + 1) / (support.sum() + 2)
    usual = (1 - hit_rate) * wrong_answer_shares(matrix) + hit_rate * np.eye(len(matrix))
    shrunken: FloatArray = support * (matrix + PSEUDO_SAMPLES * usual) / (support + PSEUDO_SAMPLES)
    return shrunken


def wrong_answer_shares(matrix: IntArray) -> FloatArray:
    """Where mistakes of each class go if they follow how often classes are the answer at all.

    Returns:
        Shape (n_classes, n_classes), 0 on the diagonal and for classes that are not counted; each row sums to 1, of a
        single class to 0.
    """
    shares = np.tile(np.where(counted_classes(matrix), matrix.sum(axis=0) + 1.0, 0.0), (len(matrix), 1))
    np.fill_diagonal(shares, 0.0)
    return np.asarray(shares / np.maximum(shares.sum(axis=1, keepdims=True), 1.0))


def counted_classes(matrix: IntArray) -> BoolArray:
    """The classes whose F1 is in the mean: those that occur among labels or predictions, shape (n_classes,)."""
    return np.asarray((matrix.sum(axis=0) + matrix.sum(axis=1)) > 0)


def class_f1(matrix: IntArray | FloatArray) -> FloatArray:
    """F1 of every class, 2 hits / (support + predicted), 0 where a class neither occurs nor is predicted."""
    total = matrix.sum(axis=0) + matrix.sum(axis=1)
    scores: FloatArray = np.divide(2 * np.diagonal(matrix), total, out=np.zeros(len(matrix)), where=total > 0)
    return scores


def macro_f1_influence(expected: FloatArray, counted: BoolArray) -> FloatArray:
    """By how much one more sample in each cell of the confusion matrix changes macro-F1, to first order.

    A sample of class i that is called j adds one to support_i and predicted_j, and a hit where i = j; this is the
    derivative of the mean of 2 hits / (support + predicted) by it (Takahashi et al. 2022).

    Args:
        expected: counts, shape (n_classes, n_classes); its weighted mean over them is 0.
        counted: the classes in the mean, shape (n_classes,).
    """
    total = np.maximum(expected.sum(axis=0) + expected.sum(axis=1), TINY)
    pull = np.where(counted, class_f1(expected) / total, 0.0)
    push = np.where(counted, 2 / total, 0.0)
    influence: FloatArray = (np.diag(push) - pull[:, None] - pull[None, :]) / counted.sum()
    return influence


def macro_f1_bias(expected: FloatArray, counted: BoolArray) -> float:
    """By how much the macro-F1 of few samples falls short of that of many, on average; 0 or above.

    F1 is a ratio of counts, and to second order the mean of the ratio lies F1 (1 - F1) / (support + predicted) below
    the ratio of the means. Averaging over many small classes does not take this away, as it does chance.
    """
    total = np.maximum(expected.sum(axis=0) + expected.sum(axis=1), TINY)
    f1 = class_f1(expected)
    return float((f1 * (1 - f1) / total)[counted].mean())


def freedom_left(support: FloatArray | IntArray) -> float:
    """The share of the samples that is left to tell the spread, in (0, 1]: each class has its own hit rate fitted.

    Args:
        support: samples per class, shape (n_classes,), at least one in all.
    """
    n = float(support.sum())
    return max(n - float((support > 0).sum()), 1.0) / n
