"""Whether one run is better than another or only luckier: two sets of answers to the same samples in, a verdict out."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy.stats import binomtest

from core.arrays import FloatArray, IntArray
from core.evaluation.f1_spread import (
    class_f1,
    count_answers,
    counted_classes,
    freedom_left,
    macro_f1_influence,
    shrunken_counts,
    wrong_answer_shares,
)
from core.evaluation.intervals import QUANTILE
from core.evaluation.records import Interval

SIGNIFICANCE = 0.05

ADDED = 2
"""Samples that an interval of a difference is widened by, one that each run alone gets right (Bonett & Price 2012):
few samples on which two runs part say little about how often they would."""


@dataclass(frozen=True, kw_only=True, slots=True)
class PairedComparison:
    """The second of two runs against the first, on samples that both answered; differences are second minus first.

    Attributes:
        n: samples.
        accuracy: difference of the shares of hits, in [-1, 1], with its 95 % interval.
        macro_f1: difference of the macro-F1, in [-1, 1], with its 95 % interval.
        n_only_first: samples that the first alone got right.
        n_only_second: samples that the second alone got right.
        p_value: how often chance alone would part them at least so unevenly, if both were equally good.
        matrix: difference of the confusion matrices, rows are true classes, shape (n_classes, n_classes).
    """

    n: int
    accuracy: Interval
    macro_f1: Interval
    n_only_first: int
    n_only_second: int
    p_value: float
    matrix: tuple[tuple[int, ...], ...]

    @property
    def is_decided(self) -> bool:
        """Whether one of both is better by more than chance explains: by the exact test, and outside the interval."""
        return self.p_value < SIGNIFICANCE and not _holds_zero(self.accuracy)

    @property
    def is_hint(self) -> bool:
        """Whether an interval leaves 0 out though the exact test does not decide: worth a look, but no proof."""
        return not self.is_decided and any(
            one.low is not None and not _holds_zero(one) for one in (self.accuracy, self.macro_f1)
        )


def compare_predictions(labels: IntArray, first: IntArray, second: IntArray, n_classes: int) -> PairedComparison:
    """Compare two runs on the samples that both answered.

    The p-value is that of McNemar's exact test on the samples that only one got right (McNemar 1947). Both intervals
    are of paired differences: that the runs err on the same samples then counts for them both. That of the accuracy
    is the adjusted one of Bonett & Price (2012); that of macro-F1 carries the same idea over to what each sample does
    to it. Simulated, both cover in 93 % of the cases or more if the classes have ten samples each on average; a
    bootstrap of a few samples on which the runs hardly part covered in as little as 42 %.

    Args:
        labels: true classes, shape (n_samples,), integers in [0, n_classes).
        first: answers of the first run, same shape and range.
        second: answers of the second run, same shape and range.
        n_classes: number of classes.

    Raises:
        ValueError: there is no sample, or the shapes disagree.
    """
    if not len(labels) == len(first) == len(second) or len(labels) == 0:
        raise ValueError(f"Comparing needs as many labels as answers; found {len(labels)}, {len(first)}, {len(second)}")
    only_first, only_second = (len(rows) for rows in rows_right_alone(labels, first, second))
    matrices = [count_answers(labels, answers, n_classes) for answers in (first, second)]
    return PairedComparison(
        n=len(labels),
        accuracy=accuracy_difference(only_first, only_second, len(labels)),
        macro_f1=_macro_f1_difference(labels, (first, second), matrices),
        n_only_first=only_first,
        n_only_second=only_second,
        p_value=mcnemar_p_value(only_first, only_second),
        matrix=tuple(tuple(int(count) for count in row) for row in matrices[1] - matrices[0]),
    )


def rows_right_alone(labels: IntArray, first: IntArray, second: IntArray) -> tuple[IntArray, IntArray]:
    """Rows that the first alone got right, and rows that the second alone got right, ascending."""
    first_hits, second_hits = first == labels, second == labels
    return np.flatnonzero(first_hits & ~second_hits), np.flatnonzero(second_hits & ~first_hits)


def mcnemar_p_value(n_only_first: int, n_only_second: int) -> float:
    """McNemar's exact test, two-sided: were both equally good, a coin would decide who alone is right.

    Args:
        n_only_first: samples that the first alone got right.
        n_only_second: samples that the second alone got right.

    Returns:
        A probability in [0, 1]; 1 where there is no such sample.
    """
    n = n_only_first + n_only_second
    return float(binomtest(n_only_first, n, 0.5).pvalue) if n else 1.0


def verdict_words(found: PairedComparison, first: str = "A", second: str = "B") -> str:
    """The comparison in a few words, as "B is better: +2.1 points (0.4 to 3.9)"; points are per cent of the samples.

    Args:
        found: the comparison.
        first: what the first run is called.
        second: what the second run is called.
    """
    if not found.is_decided:
        return f"not distinguishable on {found.n:,} samples"
    if found.accuracy.value > 0:
        return f"{second} is better: {points_words(found.accuracy)}"
    return f"{first} is better: {points_words(_negated(found.accuracy))}"


def points_words(difference: Interval) -> str:
    """A difference with its interval, in points: "+2.1 points (0.4 to 3.9)"."""
    points = f"{100 * difference.value:+.1f} points"
    if difference.low is None or difference.high is None:
        return points
    return f"{points} ({100 * difference.low:.1f} to {100 * difference.high:.1f})"


def _negated(difference: Interval) -> Interval:
    low, high = difference.low, difference.high
    return Interval(
        value=-difference.value,
        low=None if high is None else -high,
        high=None if low is None else -low,
        why=difference.why,
    )


def _holds_zero(difference: Interval) -> bool:
    low, high = difference.low, difference.high
    return low is not None and high is not None and low <= 0 <= high


def accuracy_difference(n_only_first: int, n_only_second: int, n: int) -> Interval:
    """The difference of the shares of hits, second minus first, with its adjusted interval (Bonett & Price 2012).

    Args:
        n_only_first: samples that the first alone got right.
        n_only_second: samples that the second alone got right.
        n: samples in all.
    """
    first, second = (n_only_first + ADDED / 2) / (n + ADDED), (n_only_second + ADDED / 2) / (n + ADDED)
    middle = second - first
    error = float(np.sqrt((first + second - middle**2) / (n + ADDED)))
    return _interval((n_only_second - n_only_first) / n, middle, error)


def _macro_f1_difference(
    labels: IntArray, answers: tuple[IntArray, IntArray], matrices: Sequence[IntArray]
) -> Interval:
    """Second minus first, with the spread of what each sample does to the difference."""
    counted = [counted_classes(matrix) for matrix in matrices]
    values = [class_f1(matrix)[classes].mean() for matrix, classes in zip(matrices, counted, strict=True)]
    value = float(values[1] - values[0])
    influences = [
        macro_f1_influence(shrunken_counts(matrix), classes) for matrix, classes in zip(matrices, counted, strict=True)
    ]
    n, support = len(labels), np.bincount(labels, minlength=len(matrices[0]))
    effects = influences[1][labels, answers[1]] - influences[0][labels, answers[0]]
    added = _effects_of_added(influences, wrong_answer_shares(matrices[0] + matrices[1]))
    weights = np.concatenate([np.ones(n), np.tile(support / n * ADDED / 2, 2)])
    spread = float(np.cov(n * np.concatenate([effects, *added]), aweights=weights, ddof=0))
    return _interval(value, value * n / (n + ADDED), float(np.sqrt(spread / (n + ADDED) / freedom_left(support))))


def _effects_of_added(influences: Sequence[FloatArray], mistakes: FloatArray) -> tuple[FloatArray, FloatArray]:
    """What a sample of each class does that the second alone gets right, and one that the first alone does.

    Args:
        influences: of both runs, each of shape (n_classes, n_classes).
        mistakes: where a wrong answer goes, by the true class, same shape.
    """
    right = [np.diagonal(influence) for influence in influences]
    wrong = [(mistakes * influence).sum(axis=1) for influence in influences]
    return np.asarray(right[1] - wrong[0]), np.asarray(wrong[1] - right[0])


def _interval(value: float, middle: float, error: float) -> Interval:
    """Both bounds lie in [-1, 1], and the value between them."""
    low, high = middle - QUANTILE * error, middle + QUANTILE * error
    return Interval(value=value, low=max(-1.0, min(low, value)), high=min(1.0, max(high, value)))
