"""The curves behind the areas: ROC and precision-recall of one class or of all, with the points that the eye sees."""

from __future__ import annotations

import numpy as np
from sklearn.metrics import precision_recall_curve, roc_curve

from core.arrays import BoolArray, FloatArray, IntArray
from core.evaluation.records import SeparationCurves

GRID = 200
"""Points that fall into one of so many cells along each axis are drawn as one."""

_Curve = tuple[FloatArray, FloatArray]


def class_curves(probs: FloatArray, labels: IntArray, label: int) -> SeparationCurves | None:
    """Both curves of one class against the rest; None where the split has none of it, or nothing else.

    Args:
        probs: class probabilities, shape (n_samples, n_classes).
        labels: true classes, shape (n_samples,).
        label: the class.
    """
    if not 0 < (labels == label).sum() < len(labels):
        return None
    scores, is_positive = probs[:, label], labels == label
    return SeparationCurves(
        roc=_thinned(*_roc(scores, is_positive)),
        precision_recall=_thinned(*_precision_recall(scores, is_positive)),
        share=float(is_positive.mean()),
        n_classes=1,
    )


def macro_curves(probs: FloatArray, labels: IntArray) -> SeparationCurves | None:
    """The mean of the curves of all classes that have any: of the shares found, and of the precisions at a recall.

    Args:
        probs: class probabilities, shape (n_samples, n_classes).
        labels: true classes, shape (n_samples,).
    """
    places = np.linspace(0, 1, GRID + 1)
    found, precise, shares = [], [], []
    for label in range(probs.shape[1]):
        scores, is_positive = probs[:, label], labels == label
        if not 0 < is_positive.sum() < len(labels):
            continue
        found.append(np.interp(places, *_roc(scores, is_positive)))
        precise.append(_in_steps(places, *_precision_recall(scores, is_positive)))
        shares.append(float(is_positive.mean()))
    if not found:
        return None
    return SeparationCurves(
        roc=((0.0, 0.0), *_points(places, np.mean(found, axis=0))),
        precision_recall=_points(places, np.mean(precise, axis=0)),
        share=float(np.mean(shares)),
        n_classes=len(found),
    )


def _roc(scores: FloatArray, is_positive: BoolArray) -> _Curve:
    """False alarms against the share found, both rising."""
    false_alarms, found, _ = roc_curve(is_positive, scores)
    return false_alarms, found


def _precision_recall(scores: FloatArray, is_positive: BoolArray) -> _Curve:
    """Recall, rising, against precision; the first point, which no threshold gives, is left out."""
    precision, recall, _ = precision_recall_curve(is_positive, scores, drop_intermediate=True)
    return recall[:-1][::-1], precision[:-1][::-1]


def _in_steps(places: FloatArray, recall: FloatArray, precision: FloatArray) -> FloatArray:
    """The precision at the first threshold that reaches each recall: between two points no line is allowed.

    Joining them would be too good (Davis & Goadrich 2006).
    """
    values: FloatArray = precision[np.searchsorted(recall, places, side="left")]
    return values


def _thinned(x: FloatArray, y: FloatArray) -> tuple[tuple[float, float], ...]:
    """The first point of every run of points that lie in one cell, and the last point of all."""
    cells = np.stack([np.floor(x * GRID), np.floor(y * GRID)], axis=1)
    is_new = np.concatenate([[True], (cells[1:] != cells[:-1]).any(axis=1)])
    is_new[-1] = True
    return _points(x[is_new], y[is_new])


def _points(x: FloatArray, y: FloatArray) -> tuple[tuple[float, float], ...]:
    return tuple(zip(x.tolist(), y.tolist(), strict=True))
