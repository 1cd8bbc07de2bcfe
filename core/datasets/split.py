"""Which samples train, which choose (val) and which only report (test): seeded, by class, no content on two sides.

The rules:
- No split given: 15 % of each class for val and, when the smallest class has at least ten different samples, 15 % for
  test; each class at least one.
- Train given without val: val is drawn from train, 15 % of each class (10 % above 5,000 samples), at least one where a
  class has two or more. A given test stays untouched.
- Train and val given: both stay; no test is drawn, since that would change the published numbers' meaning.
- Only one part given, whatever its name: it counts as no split.
- Where groups are given, a test part is drawn only if every class is in at least four of them.
- Equal content is one unit: all its copies go to the same side of a drawn split. So are near copies, where they are
  known.
- Where groups are given (a person, a scene, neighbours in a sequence), a whole group is one unit. Groups may hold
  several classes, so they are dealt out such that every class comes as close to its shares as they allow.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np

from core.arrays import IntArray, StrArray
from core.datasets.dealing import deal_groups
from core.datasets.records import Finding, SplitName
from core.datasets.similar import join_groups
from core.errors import ConfigurationError, DatasetError

VAL_SHARE = 0.15
VAL_SHARE_LARGE = 0.10
LARGE_TRAIN = 5000
TEST_SHARE = 0.15
MIN_CLASS_FOR_TEST, MIN_GROUPS_FOR_TEST = 10, 4
SPLIT_FINDINGS = ("single_part_split", "split_partly_given")
"""Codes of what is found while a split is completed."""


@dataclass(frozen=True, kw_only=True, slots=True)
class SplitChoice:
    """Where every sample goes, shape (n_samples,), who decided it, and what was odd about the given split."""

    splits: StrArray
    origin: Literal["given", "drawn", "mixed"]
    findings: tuple[Finding, ...] = ()


@dataclass(frozen=True, kw_only=True, slots=True)
class Shares:
    """What part of the samples goes where, each in [0, 1); the rest is for training.

    Attributes:
        val: for validation.
        test: for test; 0 for no test part.
    """

    val: float = VAL_SHARE
    test: float = TEST_SHARE

    def __post_init__(self) -> None:
        """Raises ConfigurationError where training or validation would get nothing."""
        if not (0 < self.val < 1 and 0 <= self.test < 1 and self.val + self.test < 1):
            raise ConfigurationError(
                f"Validation needs a share above 0, and both shares together must leave something to train on; found "
                f"{self.val:.0%} and {self.test:.0%}.",
                "Choose smaller shares.",
            )


def draw_splits(
    labels: IntArray,
    sample_ids: Sequence[str],
    given: Sequence[SplitName | None],
    *,
    seed: int,
    copies: IntArray | None = None,
    groups: Sequence[str] = (),
    shares: Shares | None = None,
) -> SplitChoice:
    """Completes what the data says about its split by the rules above.

    Args:
        labels: shape (n_samples,), integers in [0, n_classes).
        sample_ids: content hashes, one per sample; equal ids stay together.
        given: the split the data names for each sample; None counts as train where other samples name one.
        seed: same seed, same samples: same split.
        copies: a number per sample, the same for near copies, shape (n_samples,); None where that is not known.
        groups: a name per sample, the same for those that stay together; empty for none.
        shares: of a split that is drawn as a whole; None for the usual ones.

    Raises:
        DatasetError: val and test are given without train, or the groups cannot be dealt out.
    """
    rng = np.random.default_rng(seed)
    units = Units(
        copies=join_groups(sample_ids, *([] if copies is None else [copies])),
        groups=join_groups(sample_ids, groups, *([] if copies is None else [copies])) if groups else None,
    )
    named = {split for split in given if split}
    if len(named | ({"train"} if None in given else set())) < 2:
        splits = _draw_all(labels, units, rng, shares)
        return SplitChoice(splits=splits, origin="drawn", findings=_single_part(named, len(labels)))
    splits = np.array([split or "train" for split in given], dtype="<U5")
    if "train" not in splits:
        raise DatasetError(
            "A split needs a part to train on; the data names only val and test.",
            'Call the larger part "train", or leave the split away.',
        )
    findings = _unnamed(given)
    if "val" in named:
        return SplitChoice(splits=splits, origin="given", findings=findings)
    train = np.flatnonzero(splits == "train")
    share = VAL_SHARE_LARGE if len(train) > LARGE_TRAIN else VAL_SHARE
    _draw(splits, train, {"val": share}, labels, units, rng)
    return SplitChoice(splits=splits, origin="mixed", findings=findings)


def _single_part(named: set[SplitName], n_samples: int) -> tuple[Finding, ...]:
    if not named:
        return ()
    message = f'All samples are in one part, "{named.pop()}", so train, val and test were drawn from it.'
    return (Finding(code="single_part_split", severity="info", message=message, n=n_samples),)


def _unnamed(given: Sequence[SplitName | None]) -> tuple[Finding, ...]:
    n = sum(split is None for split in given)
    if not n or n == sum(split != "test" for split in given):
        return ()
    message = f"{n} samples name no split while others do; they were taken for training."
    return (Finding(code="split_partly_given", severity="info", message=message, n=n),)


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class Units:
    """What goes to one side as a whole.

    Attributes:
        copies: the same number for copies, shape (n_samples,).
        groups: the same for samples that stay together, copies included, shape (n_samples,); None for copies only.
    """

    copies: IntArray
    groups: IntArray | None = None


def _draw_all(labels: IntArray, units: Units, rng: np.random.Generator, wanted: Shares | None) -> StrArray:
    splits = np.full(len(labels), "train", dtype="<U5")
    rows = np.arange(len(labels))
    shares: dict[SplitName, float] = {"val": wanted.val if wanted else VAL_SHARE}
    if wanted.test if wanted else _can_spare_a_test(labels, units):
        shares["test"] = wanted.test if wanted else TEST_SHARE
    _draw(splits, rows, shares, labels, units, rng)
    return splits


def _can_spare_a_test(labels: IntArray, units: Units) -> bool:
    first, _ = _first_rows(units.copies)
    if min(len(found) for found in _by_class(labels[first])) < MIN_CLASS_FOR_TEST:
        return False
    if units.groups is None:
        return True
    return min(len(np.unique(units.groups[labels == label])) for label in np.unique(labels)) >= MIN_GROUPS_FOR_TEST


def _draw(
    splits: StrArray,
    rows: IntArray,
    shares: dict[SplitName, float],
    labels: IntArray,
    units: Units,
    rng: np.random.Generator,
) -> None:
    """Moves shares of each class's units among `rows` to other parts, in place: at least one each, never all.

    A content under two labels belongs to the class of its first row.
    """
    if units.groups is not None:
        splits[rows] = deal_groups(labels[rows], units.groups[rows], shares, rng)
        return
    first, unit_of = _first_rows(units.copies[rows])
    parts = splits[rows[first]]
    for found in _by_class(labels[rows[first]]):
        order, n_taken = found[rng.permutation(len(found))], 0
        for part, share in shares.items():
            n_drawn = min(max(1, round(share * len(found))), len(found) - 1 - n_taken)
            parts[order[n_taken : n_taken + n_drawn]] = part
            n_taken += n_drawn
    splits[rows] = parts[unit_of]


def _first_rows(values: IntArray) -> tuple[IntArray, IntArray]:
    """The row at which each value comes first, ascending, and for each row which of them that is."""
    _, first, place = np.unique(values, return_index=True, return_inverse=True)
    order = np.argsort(first)
    rank = np.empty_like(order)
    rank[order] = np.arange(len(order))
    return first[order], rank[place]


def _by_class(labels: IntArray) -> Iterator[IntArray]:
    """The places of each label that occurs, ascending, in the order of the labels."""
    order = np.argsort(labels, kind="stable")
    ends = np.cumsum(np.unique(labels, return_counts=True)[1])
    yield from np.split(order, ends[:-1])
