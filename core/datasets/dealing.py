"""Whole groups dealt out to the parts of a split, every class as close to its shares as they allow."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from core.arrays import FloatArray, IntArray, StrArray
from core.datasets.records import SplitName
from core.errors import DatasetError


def deal_groups(
    labels: IntArray, groups: IntArray, shares: Mapping[SplitName, float], rng: np.random.Generator
) -> StrArray:
    """The part of each sample, shape (n,); all samples of a group go to the same one, and train has every class.

    The rule is that of scikit-learn's StratifiedGroupKFold, for parts that differ in size: groups that are uneven in
    their classes go first, each to the part where it leaves the least squared distance from what every class should
    have there. Few large groups would leave a class out of a part by that; where train can spare one, it gets it.

    Args:
        labels: shape (n,), integers.
        groups: shape (n,), integers.
        shares: of each part but train, in (0, 1), summing to less than 1.
        rng: decides between groups that are alike.

    Raises:
        DatasetError: there are too few groups for that.
    """
    _, label = np.unique(labels, return_inverse=True)
    _, group = np.unique(groups, return_inverse=True)
    counts = np.zeros((group.max() + 1, label.max() + 1))
    np.add.at(counts, (group, label), 1)
    parts: list[SplitName] = ["train", *shares]
    if len(counts) < len(parts):
        raise _too_few(len(counts), parts)
    wanted = np.array([1 - sum(shares.values()), *shares.values()])
    chosen = _deal(counts, wanted, rng)
    _give_each_class_to_train(chosen, counts)
    _give_classes_to_parts(chosen, counts, len(parts))
    _fill_empty_parts(chosen, counts, parts)
    return np.array(parts, dtype="<U5")[chosen[group]]


def deal_further(
    labels: IntArray,
    groups: IntArray,
    shares: Mapping[SplitName, float],
    present: IntArray,
    rng: np.random.Generator,
) -> StrArray:
    """The same for samples that join others, which stay where they are; shape (n,).

    A class that is new gets its groups into train first, then into the other parts; a part may stay without samples.

    Args:
        labels: of the new ones, shape (n,), integers in [0, n_classes).
        groups: shape (n,), integers.
        shares: as for `deal_groups`; parts that are not named get nothing.
        present: samples that are there, by part (train first, then as in `shares`) and class.
        rng: decides between groups that are alike.
    """
    _, group = np.unique(groups, return_inverse=True)
    counts = np.zeros((group.max() + 1, present.shape[1]))
    np.add.at(counts, (group, labels), 1)
    parts: list[SplitName] = ["train", *shares]
    wanted = np.array([1 - sum(shares.values()), *shares.values()])
    chosen = _deal(counts, wanted, rng, present)
    is_there = present[0] > 0
    _give_each_class_to_train(chosen, np.where(is_there, 0, counts))
    _give_classes_to_parts(chosen, np.where(present.any(axis=0), 0, counts), len(parts))
    return np.array(parts, dtype="<U5")[chosen[group]]


def _deal(counts: FloatArray, wanted: FloatArray, rng: np.random.Generator, present: IntArray | int = 0) -> IntArray:
    """Place of the part of each group, shape (n_groups,)."""
    n_of_class = np.maximum(counts.sum(axis=0) + np.sum(present, axis=0), 1)
    weight = counts / n_of_class  # of each class, the share that a group has
    order = rng.permutation(len(weight))
    order = order[np.argsort(-weight[order].std(axis=1), kind="stable")]
    lacking = np.repeat(wanted[:, None], weight.shape[1], axis=1) - present / n_of_class
    chosen = np.zeros(len(weight), dtype=np.int64)
    for group in order:
        change = (weight[group] * (weight[group] - 2 * lacking)).sum(axis=1)
        chosen[group] = int(change.argmin())
        lacking[chosen[group]] -= weight[group]
    return chosen


def _give_classes_to_parts(chosen: IntArray, counts: FloatArray, n_parts: int) -> None:
    """Gives each part that lacks a class the smallest group of it that train can do without."""
    for part in range(1, n_parts):
        for label in np.flatnonzero(counts.any(axis=0)):
            if counts[chosen == part, label].any():
                continue
            held = np.flatnonzero((chosen == 0) & (counts[:, label] > 0))
            for group in held[np.argsort(counts[held].sum(axis=1), kind="stable")]:
                left = (chosen == 0) & (np.arange(len(chosen)) != group)
                if (counts[left].any(axis=0) | ~counts[group].astype(bool)).all():
                    chosen[group] = part
                    break


def _give_each_class_to_train(chosen: IntArray, counts: FloatArray) -> None:
    for label in np.flatnonzero(counts.any(axis=0)):
        if not counts[chosen == 0, label].any():
            chosen[int(counts[:, label].argmax())] = 0


def _fill_empty_parts(chosen: IntArray, counts: FloatArray, parts: list[SplitName]) -> None:
    """Gives a part without samples the smallest group that train can do without."""
    for part in range(1, len(parts)):
        if (chosen == part).any():
            continue
        train = np.flatnonzero(chosen == 0)
        for group in train[np.argsort(counts[train].sum(axis=1), kind="stable")]:
            if counts[train[train != group]].any(axis=0).all():
                chosen[group] = part
                break
        else:
            raise _too_few(len(counts), parts)


def _too_few(n_groups: int, parts: list[SplitName]) -> DatasetError:
    return DatasetError(
        f"Whole groups cannot be dealt out to {' and '.join(parts)} such that train has every class; there are "
        f"{n_groups:,}.",
        "Let the split be drawn without groups, or bring data with more of them.",
    )
