"""How well the scores of a class tell its samples from all others: areas under both curves, and top-k accuracy."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
from scipy.optimize import brentq
from scipy.special import expit, logit
from scipy.stats import norm, rankdata

from core.arrays import BoolArray, FloatArray, IntArray
from core.evaluation.calibration import top_accuracy
from core.evaluation.intervals import CONFIDENCE
from core.evaluation.records import ClassSeparation, Interval, Separation, TopAccuracy

TOP_KS = (3, 5)
_Z = float(norm.ppf((1 + CONFIDENCE) / 2))
_EDGE = 1e-12
NO_SPREAD = "every sample of the class stands above all others, and this interval then has no width."


def judge_separation(probs: FloatArray, labels: IntArray, class_names: Sequence[str]) -> Separation:
    """Areas of every class against the rest, their means over the classes, and top-k accuracy.

    Args:
        probs: class probabilities, shape (n_samples, n_classes).
        labels: true classes, shape (n_samples,), at least one.
        class_names: in label order.
    """
    columns = [_Column(probs[:, label].astype(np.float64), labels == label) for label in range(len(class_names))]
    counted = [column for column in columns if not column.why]
    return Separation(
        classes=tuple(column.row(name) for name, column in zip(class_names, columns, strict=True)),
        macro_auroc=_macro([column.auroc for column in counted]),
        macro_average_precision=_macro([column.average_precision for column in counted]),
        top=tuple(
            TopAccuracy(k=k, accuracy=top_accuracy(probs, labels, n_top=k)) for k in TOP_KS if k < len(class_names)
        ),
    )


def area_under_roc(scores: FloatArray, is_positive: BoolArray) -> tuple[float, FloatArray]:
    """The share of pairs of a positive and a negative sample in which the positive one scores higher, ties half.

    Args:
        scores: shape (n_samples,).
        is_positive: shape (n_samples,); some are and some are not.

    Returns:
        The area in [0, 1], and what each sample's weight adds to it, shape (n_samples,): the structural components of
        DeLong et al. (1988), centred and divided by the samples of their side.
    """
    n_positive, n_negative = int(is_positive.sum()), int((~is_positive).sum())
    ranks = rankdata(scores)
    influence = np.empty(len(scores))
    influence[is_positive] = (ranks[is_positive] - rankdata(scores[is_positive])) / n_negative
    influence[~is_positive] = 1 - (ranks[~is_positive] - rankdata(scores[~is_positive])) / n_positive
    area = float(influence[is_positive].mean())
    return area, (influence - area) / np.where(is_positive, n_positive, n_negative)


def average_precision(scores: FloatArray, is_positive: BoolArray) -> tuple[float, FloatArray]:
    """The precision at every positive sample, averaged: the area under the precision-recall curve in steps.

    Args:
        scores: shape (n_samples,).
        is_positive: shape (n_samples,); some are and some are not.

    Returns:
        The area in (0, 1], as in scikit-learn, and its derivative by each sample's weight, shape (n_samples,).
    """
    order = np.argsort(-scores, kind="stable")
    falling, hits = -scores[order], is_positive[order].astype(np.float64)
    first, past = (np.searchsorted(falling, falling, side=side) for side in ("left", "right"))
    precision = np.concatenate([[0.0], np.cumsum(hits)])[past] / past
    area = float((hits * precision).sum() / hits.sum())
    # One more sample changes the precision at itself and at every positive sample that scores no higher.
    gained, lost = (_sum_below(hits * part / past, first) for part in (1 - precision, precision))
    influence = np.empty(len(scores))
    influence[order] = (hits * (precision - area + gained) - (1 - hits) * lost) / hits.sum()
    return area, influence


def auroc_interval(area: float, n_positive: int, n_negative: int) -> Interval:
    """The area with the score interval of Newcombe (2006, method 5), which stays in [0, 1] and knows no empty case.

    In simulations of 5 to 50 positive samples it held the true area in 95 to 99 % of the cases, while the interval by
    DeLong's variance on the logit scale fell to 83 % where the area is near 1, and has no width at 1.
    """

    def distance(bound: float) -> float:
        return abs(area - bound) - _Z * _newcombe_deviation(bound, n_positive, n_negative)

    return Interval(value=area, low=_root(distance, 0.0, area), high=_root(distance, 1.0, area))


def average_precision_interval(area: float, n_positive: int) -> Interval:
    """The area with the logit interval of Boyd, Eng & Page (2013); without bounds where the area is 1."""
    if area >= 1 - _EDGE:
        return Interval(value=area, low=None, high=None, why=NO_SPREAD)
    return _on_logit_scale(area, (area * (1 - area) / n_positive) ** 0.5)


class _Column:
    """One class against the rest."""

    def __init__(self, scores: FloatArray, is_positive: BoolArray) -> None:
        self.is_positive = is_positive
        self.n_positive = int(is_positive.sum())
        self.why = ""
        if self.n_positive in (0, len(scores)):
            which = "has no sample of this class" if self.n_positive == 0 else "has samples of this class only"
            self.why = f"the split {which}"
            return
        area, influence = area_under_roc(scores, is_positive)
        self.auroc = area, self._spread(influence)
        area, influence = average_precision(scores, is_positive)
        self.average_precision = area, self._spread(influence)

    def row(self, name: str) -> ClassSeparation:
        if self.why:
            return ClassSeparation(class_name=name, n=self.n_positive, why=self.why)
        n_negative = len(self.is_positive) - self.n_positive
        return ClassSeparation(
            class_name=name,
            n=self.n_positive,
            auroc=auroc_interval(self.auroc[0], self.n_positive, n_negative),
            average_precision=average_precision_interval(self.average_precision[0], self.n_positive),
        )

    def _spread(self, influence: FloatArray) -> FloatArray:
        """The influence of each sample, centred on its side, so that its squares add up to the variance without bias.

        A side of one sample shows no spread.
        """
        spread = np.zeros(len(influence))
        for side in (self.is_positive, ~self.is_positive):
            n = int(side.sum())
            spread[side] = (influence[side] - influence[side].mean()) * (n / max(1, n - 1)) ** 0.5
        return spread


def _macro(areas: Sequence[tuple[float, FloatArray]]) -> Interval | None:
    """The mean area with the interval of the infinitesimal jackknife (Efron 1982), on the logit scale.

    One sample takes part in the areas of all classes, so its influences are added before they are squared.
    """
    if not areas:
        return None
    value = float(np.mean([area for area, _ in areas]))
    error = float(np.square(np.mean([spread for _, spread in areas], axis=0)).sum() ** 0.5)
    if not (_EDGE < value < 1 - _EDGE) or error < _EDGE:
        return Interval(value=value, low=None, high=None, why="the samples show no spread.")
    return _on_logit_scale(value, error)


def _on_logit_scale(value: float, error: float) -> Interval:
    reach = _Z * error / (value * (1 - value))
    return Interval(value=value, low=float(expit(logit(value) - reach)), high=float(expit(logit(value) + reach)))


def _newcombe_deviation(area: float, n_positive: int, n_negative: int) -> float:
    """Standard deviation of the area that Hanley & McNeil (1982) give, with both counts replaced by their mean."""
    others = (n_positive + n_negative) / 2 - 1
    spread = 1 + others * ((1 - area) / (2 - area) + area / (1 + area))
    return float((area * (1 - area) * spread / (n_positive * n_negative)) ** 0.5)


def _root(distance: Callable[[float], float], end: float, area: float) -> float:
    """Where `distance` is 0 between `end`, where the deviation vanishes, and the area, where the distance does."""
    if abs(area - end) < _EDGE:
        return end
    return float(brentq(distance, end, area + np.sign(end - area) * _EDGE))


def _sum_below(values: FloatArray, first: IntArray) -> FloatArray:
    """For every sample, in falling order, the sum over those that score no higher."""
    sums: FloatArray = np.cumsum(values[::-1])[::-1][first]
    return sums
