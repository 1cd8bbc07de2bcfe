"""How often the 95 % intervals hold the truth: samples are drawn from a population whose numbers are known."""

from __future__ import annotations

import argparse
from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np

from benchmarks.sections import Column, Section, Table, build_parser, measuring
from core.arrays import FloatArray, IntArray
from core.evaluation.comparison import compare_predictions
from core.evaluation.intervals import class_f1_intervals, macro_f1_interval, wilson_interval
from core.evaluation.records import Interval

N_REPETITIONS, N_QUICK_REPETITIONS = 300, 40
SIZES = {2: (30, 100, 153, 300, 1_000, 2_000), 10: (30, 100, 300, 1_000, 2_000), 77: (300, 1_000, 2_000)}
"""Samples, by the number of classes."""

ACCURACIES = (0.6, 0.8, 0.9, 0.97)
GAIN = 0.02
"""By how much the second of two compared models is more accurate."""

SHARED_LUCK = 0.6
"""Share of the samples on which both models have the same luck, as models trained on the same data have."""

ENOUGH = 10
"""Samples per class on average from which on the intervals are held to their promise."""

LOWEST = 0.93


@dataclass(frozen=True, kw_only=True, slots=True)
class Population:
    """Infinitely many samples and a model's answers to them.

    Attributes:
        class_shares: shape (n_classes,), sums to 1.
        answer_shares: of each class, how often each class is the answer, shape (n_classes, n_classes).
    """

    class_shares: FloatArray
    answer_shares: FloatArray

    @property
    def n_classes(self) -> int:
        """Number of classes."""
        return len(self.class_shares)

    @property
    def accuracy(self) -> float:
        """Share of hits."""
        return float((self.class_shares * np.diagonal(self.answer_shares)).sum())

    @property
    def class_f1(self) -> FloatArray:
        """F1 of every class, shape (n_classes,)."""
        joint = self.class_shares[:, None] * self.answer_shares
        return np.asarray(2 * np.diagonal(joint) / (joint.sum(axis=0) + joint.sum(axis=1)))

    def answers(self, labels: IntArray, luck: FloatArray) -> IntArray:
        """Answers to samples of these classes; luck lies in [0, 1), and the least of it is right."""
        own_first = np.argsort(np.arange(self.n_classes) != np.arange(self.n_classes)[:, None], axis=1, kind="stable")
        bounds = np.take_along_axis(self.answer_shares, own_first, axis=1).cumsum(axis=1)
        place = np.minimum((luck[:, None] >= bounds[labels]).sum(axis=1), self.n_classes - 1)
        return np.asarray(own_first[labels, place])


@dataclass(frozen=True, kw_only=True, slots=True)
class Coverage:
    """The share of repetitions in which each interval held the truth; `class_f1` is the mean over the classes."""

    accuracy: float
    macro_f1: float
    class_f1: float
    accuracy_difference: float
    macro_f1_difference: float


def main() -> None:
    """Measure and store."""
    options = build_parser(__doc__).parse_args()
    with measuring("intervals", "Do the 95 % intervals hold the truth?", is_quick=options.quick) as section:
        measure(section, options)


def measure(section: Section, options: argparse.Namespace) -> None:
    """Fill the section."""
    repetitions = N_QUICK_REPETITIONS if options.quick else N_REPETITIONS
    enough: list[list[Coverage]] = []
    for is_stratified in (True, False):
        how = "the split keeps the shares of the classes" if is_stratified else "the classes are drawn, too"
        table = _table(section, f"Coverage in {repetitions:,} repetitions; {how}")
        for n_classes, sizes in SIZES.items():
            for n in sizes:
                rows = [
                    simulate(n_classes, n, accuracy, repetitions=repetitions, is_stratified=is_stratified)
                    for accuracy in ACCURACIES
                ]
                _add(table, n_classes, n, rows)
                if n >= ENOUGH * n_classes:
                    enough.append(rows)
    for name, title in _TITLES.items():
        found = [float(np.mean([getattr(one, name) for one in rows])) for rows in enough]
        what = f"Coverage of {title}, lowest of all sizes with {ENOUGH} samples per class or more"
        section.aim(what, min(found), LOWEST, "{:.3f}")
    chance = 1.96 * float(np.sqrt(0.95 * 0.05 / repetitions))
    section.notes += [
        f"Each cell is the lowest to the highest coverage over accuracies of {', '.join(map(str, ACCURACIES))}; with "
        f"{repetitions:,} repetitions chance alone moves a coverage of 0.95 by {chance:.3f} to either side. The "
        "aims are about the mean over these accuracies.",
        "The classes are of unequal size (1 to 3) and of unequal hit rates; two others take the mistakes of each.",
        f"Compared are models that differ by {GAIN:.0%}, with the same luck on {SHARED_LUCK:.0%} of the samples. Where "
        "they part on few samples, the interval of their difference is wider than it need be.",
        "Where ten classes have three samples each, or 77 have four, the mean F1 of the sample is itself biased, and "
        "absent classes leave the mean: there the intervals of macro-F1 cover less.",
    ]


def simulate(n_classes: int, n: int, accuracy: float, *, repetitions: int, is_stratified: bool) -> Coverage:
    """Draw samples again and again, and count how often each interval holds the truth.

    Args:
        n_classes: number of classes.
        n: samples of each repetition.
        accuracy: of the model in the population, in (0, 1).
        repetitions: how often.
        is_stratified: whether every repetition has the population's shares of the classes.
    """
    rng = np.random.default_rng([n_classes, n, round(1000 * accuracy), is_stratified])
    model, better = (build_population(n_classes, value) for value in (accuracy, min(accuracy + GAIN, 0.99)))
    gains = (better.accuracy - model.accuracy, float(better.class_f1.mean() - model.class_f1.mean()))
    held = np.zeros(5)
    for _ in range(repetitions):
        labels = _draw_labels(model.class_shares, n, rng, is_stratified=is_stratified)
        luck = rng.random(n)
        first = model.answers(labels, luck)
        second = better.answers(labels, np.where(rng.random(n) < SHARED_LUCK, luck, rng.random(n)))
        found = compare_predictions(labels, first, second, n_classes)
        held += [
            _holds(wilson_interval(int((labels == first).sum()), n), model.accuracy),
            _holds(macro_f1_interval(labels, first, n_classes), float(model.class_f1.mean())),
            _share_held(class_f1_intervals(labels, first, n_classes), model.class_f1),
            _holds(found.accuracy, gains[0]),
            _holds(found.macro_f1, gains[1]),
        ]
    return Coverage(**dict(zip(_TITLES, (float(share) for share in held / repetitions), strict=True)))


def build_population(n_classes: int, accuracy: float) -> Population:
    """Classes of unequal size and hit rate; most mistakes of each go to the next class, the others to the one after."""
    sizes = np.linspace(1, 3, n_classes)
    class_shares = sizes / sizes.sum()
    spread = 0.5 * min(accuracy, 1 - accuracy)
    hit_rates = accuracy + np.linspace(-spread, spread, n_classes)
    hit_rates += accuracy - (hit_rates * class_shares).sum()
    answer_shares = np.diag(hit_rates)
    for label, hit_rate in enumerate(hit_rates):
        for step, share in ((1, 0.7), (2, 0.3)) if n_classes > 2 else ((1, 1.0),):
            answer_shares[label, (label + step) % n_classes] += share * (1 - hit_rate)
    return Population(class_shares=class_shares, answer_shares=answer_shares)


_TITLES = {
    "accuracy": "accuracy",
    "macro_f1": "macro-F1",
    "class_f1": "F1 per class",
    "accuracy_difference": "difference of accuracies",
    "macro_f1_difference": "difference of macro-F1",
}


def _draw_labels(class_shares: FloatArray, n: int, rng: np.random.Generator, *, is_stratified: bool) -> IntArray:
    if is_stratified:
        bounds = np.round(class_shares.cumsum() * n).astype(np.int64)
        return np.repeat(np.arange(len(class_shares)), np.diff(bounds, prepend=0))
    return np.repeat(np.arange(len(class_shares)), rng.multinomial(n, class_shares))


def _holds(interval: Interval, truth: float) -> bool:
    return interval.low is not None and interval.high is not None and interval.low <= truth <= interval.high


def _share_held(intervals: Iterable[Interval], truths: FloatArray) -> float:
    """Of the classes that have an interval."""
    held = [_holds(one, float(truth)) for one, truth in zip(intervals, truths, strict=True) if one.low is not None]
    return sum(held) / len(held)


def _table(section: Section, title: str) -> Table:
    columns = [Column(key=name, title=title) for name, title in _TITLES.items()]
    return section.table(title, Column(key="classes", title="Classes"), Column(key="n", title="Samples"), *columns)


def _add(table: Table, n_classes: int, n: int, rows: list[Coverage]) -> None:
    cells = {name: [getattr(row, name) for row in rows] for name in _TITLES}
    table.add(classes=n_classes, n=n, **{name: f"{min(found):.3f}–{max(found):.3f}" for name, found in cells.items()})


if __name__ == "__main__":
    main()
