"""Whether one run is better than another or only luckier: two sets of answers to the same samples in, a verdict out."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.stats import binomtest
from sklearn.metrics import confusion_matrix

from core.arrays import BoolArray, FloatArray, IntArray
from core.evaluation.intervals import CONFIDENCE, macro_f1_of_counts
from core.evaluation.records import Interval

N_RESAMPLES = 2_000
SIGNIFICANCE = 0.05


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


def compare_predictions(
    labels: IntArray, first: IntArray, second: IntArray, n_classes: int, *, seed: int = 0
) -> PairedComparison:
    """Compare two runs on the samples that both answered.

    The p-value is that of McNemar's exact test on the samples that only one got right (McNemar 1947). The intervals
    come from 2,000 resamples of the samples, each with both answers to it, within every class (Efron & Tibshirani
    1993): that the runs err on the same samples then counts for them both.

    Args:
        labels: true classes, shape (n_samples,), integers in [0, n_classes).
        first: answers of the first run, same shape and range.
        second: answers of the second run, same shape and range.
        n_classes: number of classes.
        seed: of the resampling; same seed, same intervals.

    Raises:
        ValueError: there is no sample, or the shapes disagree.
    """
    if not len(labels) == len(first) == len(second) or len(labels) == 0:
        raise ValueError(f"Comparing needs as many labels as answers; found {len(labels)}, {len(first)}, {len(second)}")
    only_first, only_second = (len(rows) for rows in rows_right_alone(labels, first, second))
    accuracy, macro_f1 = _differences(labels, first, second, n_classes, seed)
    every = np.arange(n_classes)
    matrices = [confusion_matrix(labels, answers, labels=every) for answers in (first, second)]
    return PairedComparison(
        n=len(labels),
        accuracy=accuracy,
        macro_f1=macro_f1,
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


def _differences(
    labels: IntArray, first: IntArray, second: IntArray, n_classes: int, seed: int
) -> tuple[Interval, Interval]:
    """Accuracy and macro-F1, second minus first, each with its interval."""
    support = np.bincount(labels, minlength=n_classes)
    counted = [(support + np.bincount(answers, minlength=n_classes)) > 0 for answers in (first, second)]
    exact = [_count_once(labels, answers, n_classes) for answers in (first, second)]
    accuracy, macro_f1 = _accuracy_and_f1_difference(exact, support, counted)
    if not _can_vary(labels, first, second) and (first != second).any():
        why = "with every sample of a class answered alike, resampling shows no spread."
        none = [Interval(value=float(value), low=None, high=None, why=why) for value in (accuracy, macro_f1)]
        return none[0], none[1]
    resampled = _resample(labels, first, second, n_classes, seed)
    spread = _accuracy_and_f1_difference(resampled, support, counted)
    return _percentiles(accuracy, spread[0]), _percentiles(macro_f1, spread[1])


_Counts = tuple[IntArray, IntArray]
"""Of one run, per class: hits, and how often it was the answer; the last axis is the class."""


def _count_once(labels: IntArray, answers: IntArray, n_classes: int) -> _Counts:
    hits = np.bincount(labels[answers == labels], minlength=n_classes)
    return hits, np.bincount(answers, minlength=n_classes)


def _accuracy_and_f1_difference(
    counts: list[_Counts], support: IntArray, counted: list[BoolArray]
) -> tuple[FloatArray, FloatArray]:
    """Second minus first; one number each, or one per resample."""
    accuracies = [hits.sum(axis=-1) / support.sum() for hits, _ in counts]
    scores = [
        macro_f1_of_counts(hits, support, predicted, classes)
        for (hits, predicted), classes in zip(counts, counted, strict=True)
    ]
    return np.asarray(accuracies[1] - accuracies[0]), np.asarray(scores[1] - scores[0])


def _can_vary(labels: IntArray, first: IntArray, second: IntArray) -> bool:
    """Whether some class holds samples with different pairs of answers, so that drawing them anew changes counts."""
    triples = np.unique(np.stack([labels, first, second]), axis=1)
    return bool(triples.shape[1] > len(np.unique(labels)))


def _resample(labels: IntArray, first: IntArray, second: IntArray, n_classes: int, seed: int) -> list[_Counts]:
    """Counts of both runs in every resample, each of shape (N_RESAMPLES, n_classes).

    Drawing the samples of a class with replacement changes only how often each pair of answers is drawn, and these
    counts are multinomial. Drawing the counts themselves is the same bootstrap without touching a single sample.
    """
    rng = np.random.default_rng(seed)
    shape = (N_RESAMPLES, n_classes)
    tallies: list[_Counts] = [(np.zeros(shape, dtype=np.int64), np.zeros(shape, dtype=np.int64)) for _ in range(2)]
    for label in np.unique(labels):
        rows = labels == label
        pairs, times = np.unique(np.stack([first[rows], second[rows]]), axis=1, return_counts=True)
        drawn = rng.multinomial(times.sum(), times / times.sum(), size=N_RESAMPLES)
        for (hits, predicted), answers in zip(tallies, pairs, strict=True):
            named, which = np.unique(answers, return_inverse=True)
            predicted[:, named] += drawn @ (which[:, None] == np.arange(len(named)))
            hits[:, label] = drawn[:, answers == label].sum(axis=1)
    return tallies


def _percentiles(value: FloatArray, spread: FloatArray) -> Interval:
    tail = (1 - CONFIDENCE) / 2
    low, high = np.quantile(spread, [tail, 1 - tail])
    return Interval(value=float(value), low=float(low), high=float(high))
