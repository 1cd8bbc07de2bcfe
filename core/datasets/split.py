"""Which samples train, which choose (val) and which only report (test): seeded, by class, no content on two sides.

The rules:
- No split given: 15 % of each class for val and, when the smallest class has at least ten different samples, 15 % for
  test; each class at least one.
- Train given without val: val is drawn from train, 15 % of each class (10 % above 5,000 samples), at least one where a
  class has two or more. A given test stays untouched.
- Train and val given: both stay; no test is drawn, since that would change the published numbers' meaning.
- Only one part given, whatever its name: it counts as no split.
- Equal content is one unit: all its copies go to the same side of a drawn split.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Literal

import numpy as np

from core.arrays import IntArray, StrArray
from core.datasets.records import Finding, SplitName
from core.errors import DatasetError

VAL_SHARE = 0.15
VAL_SHARE_LARGE = 0.10
LARGE_TRAIN = 5000
TEST_SHARE = 0.15
MIN_CLASS_FOR_TEST = 10
SPLIT_FINDINGS = ("single_part_split", "split_partly_given")
"""Codes of what is found while a split is completed."""


@dataclass(frozen=True, kw_only=True, slots=True)
class SplitChoice:
    """Where every sample goes, shape (n_samples,), who decided it, and what was odd about the given split."""

    splits: StrArray
    origin: Literal["given", "drawn", "mixed"]
    findings: tuple[Finding, ...] = ()


def draw_splits(
    labels: IntArray, sample_ids: Sequence[str], given: Sequence[SplitName | None], *, seed: int
) -> SplitChoice:
    """Completes what the data says about its split by the rules above.

    Args:
        labels: shape (n_samples,), integers in [0, n_classes).
        sample_ids: content hashes, one per sample; equal ids stay together.
        given: the split the data names for each sample; None counts as train where other samples name one.
        seed: same seed, same samples: same split.

    Raises:
        DatasetError: val and test are given without train.
    """
    rng = np.random.default_rng(seed)
    named = {split for split in given if split}
    if len(named | ({"train"} if None in given else set())) < 2:
        splits = _draw_all(labels, sample_ids, rng)
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
    _draw(splits, train, {"val": share}, labels, sample_ids, rng)
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


def _draw_all(labels: IntArray, sample_ids: Sequence[str], rng: np.random.Generator) -> StrArray:
    splits = np.full(len(labels), "train", dtype="<U5")
    rows = np.arange(len(labels))
    smallest = min(len(units) for units in _units_by_class(rows, labels, sample_ids))
    shares: dict[SplitName, float] = {"val": VAL_SHARE}
    if smallest >= MIN_CLASS_FOR_TEST:
        shares["test"] = TEST_SHARE
    _draw(splits, rows, shares, labels, sample_ids, rng)
    return splits


def _draw(
    splits: StrArray,
    rows: IntArray,
    shares: dict[SplitName, float],
    labels: IntArray,
    sample_ids: Sequence[str],
    rng: np.random.Generator,
) -> None:
    """Moves shares of each class's units among `rows` to other parts, in place: at least one each, never all."""
    for units in _units_by_class(rows, labels, sample_ids):
        order = iter(rng.permutation(len(units)).tolist())
        n_left = len(units) - 1
        for part, share in shares.items():
            n_drawn = min(max(1, round(share * len(units))), n_left)
            n_left -= n_drawn
            for unit in islice(order, n_drawn):
                splits[units[unit]] = part


def _units_by_class(rows: IntArray, labels: IntArray, sample_ids: Sequence[str]) -> list[list[list[int]]]:
    """Per class its units, each the rows of one content; a content under two labels belongs to the first."""
    units: dict[str, list[int]] = defaultdict(list)
    for row in rows.tolist():
        units[sample_ids[row]].append(row)
    classes: dict[int, list[list[int]]] = defaultdict(list)
    for members in units.values():
        classes[int(labels[members[0]])].append(members)
    return [classes[label] for label in sorted(classes)]
