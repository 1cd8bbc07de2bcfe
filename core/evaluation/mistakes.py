"""Which samples went wrong: arrays in, row indices out."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from core.arrays import FloatArray, IntArray
from core.evaluation.records import Confusion


def most_confident_mistakes(probs: FloatArray, labels: IntArray, predictions: IntArray, *, n: int) -> IntArray:
    """Rows the model got wrong, those first to which it gave a wrong class the highest probability.

    Args:
        probs: class probabilities, shape (n_samples, n_classes).
        labels: true classes, shape (n_samples,).
        predictions: the model's answers, shape (n_samples,).
        n: how many rows at most.

    Returns:
        Row indices, shape (at most n,); rows that are right never appear.
    """
    wrong = np.flatnonzero(predictions != labels)
    order = np.argsort(-probs[wrong, predictions[wrong]], kind="stable")
    return wrong[order[:n]]


def least_expected_labels(probs: FloatArray, labels: IntArray, *, n: int) -> IntArray:
    """Rows whose own label the model found least probable, lowest first: a wrong label shows up here early.

    Args:
        probs: class probabilities, shape (n_samples, n_classes).
        labels: true classes, shape (n_samples,).
        n: how many rows at most.

    Returns:
        Row indices, shape (at most n,).
    """
    return np.argsort(probs[np.arange(len(labels)), labels], kind="stable")[:n]


def rows_of_cell(labels: IntArray, predictions: IntArray, *, true_label: int, predicted_label: int) -> IntArray:
    """Rows of one cell of the confusion matrix, ascending, shape (n_in_cell,)."""
    return np.flatnonzero((labels == true_label) & (predictions == predicted_label))


def strongest_confusions(matrix: Sequence[Sequence[int]], *, n: int) -> tuple[Confusion, ...]:
    """The most frequent ways of being wrong, most samples first, then the larger share, then label order.

    Args:
        matrix: rows are true classes, columns predicted ones, counts, shape (n_classes, n_classes).
        n: how many at most.
    """
    counts = np.asarray(matrix, dtype=np.int64)
    wrong = counts - np.diag(np.diagonal(counts))
    support = counts.sum(axis=1)
    found = [
        Confusion(
            true_label=int(true),
            predicted_label=int(predicted),
            n=int(wrong[true, predicted]),
            share=float(wrong[true, predicted] / support[true]),
        )
        for true, predicted in np.argwhere(wrong > 0)
    ]
    return tuple(sorted(found, key=lambda cell: (-cell.n, -cell.share, cell.true_label, cell.predicted_label))[:n])
