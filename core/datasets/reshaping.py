"""A dataset in, another version of it out: with fewer rows, or with its split drawn anew."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from core.arrays import IntArray
from core.datasets.grouping import GroupRule, group_samples
from core.datasets.records import Dataset
from core.datasets.split import Shares, draw_splits
from core.datasets.versions import finished, name_of_version, require_usable
from core.errors import DatasetError

_PLACES = {"train": 0, "val": 1, "test": 2}


def keep_rows(dataset: Dataset, rows: Sequence[int], *, changes: str, version: int) -> Dataset:
    """The dataset with these rows alone; samples keep their split.

    Args:
        dataset: the parent; it stays as it is.
        rows: ascending.
        changes: what is different, in words.
        version: number of the new one.

    Raises:
        DatasetError: nothing would change, or what is left could not be learned from.
    """
    if len(rows) == dataset.n_samples:
        raise DatasetError("Nothing would be left out.", "There is nothing to do.")
    require_usable(dataset, rows, [dataset.class_names[label] for label in dataset.labels.tolist()])
    labels = dataset.labels[np.array(rows)]
    if len(np.unique(labels)) < dataset.n_classes:
        raise DatasetError("A class cannot lose its last sample this way.", "Delete or merge the class instead.")
    ids = tuple(dataset.sample_ids[row] for row in rows)
    return finished(
        replace(
            dataset,
            name=name_of_version(dataset, version),
            sample_ids=ids,
            labels=labels,
            splits=dataset.splits[np.array(rows)],
            sources=tuple(dataset.sources[row] for row in rows),
            texts=tuple(dataset.texts[row] for row in rows) if dataset.texts else (),
            groups=tuple(dataset.groups[row] for row in rows) if dataset.groups else (),
            hard=tuple(sorted(set(dataset.hard) & set(ids))),
            parent=dataset.id,
            version=version,
            changes=changes,
        )
    )


def drop_copies(dataset: Dataset, copies: IntArray, *, what: str, version: int) -> Dataset:
    """One sample of each group of copies, one that trains where there is one; raises as `keep_rows`.

    Args:
        dataset: the parent.
        copies: the same number for copies, shape (n_samples,).
        what: what they are, in words, such as "near copies".
        version: number of the new one.
    """
    order = sorted(range(dataset.n_samples), key=lambda row: (_PLACES[str(dataset.splits[row])], row))
    first: dict[int, int] = {}
    for row in order:
        first.setdefault(int(copies[row]), row)
    rows = sorted(first.values())
    return keep_rows(dataset, rows, changes=f"{dataset.n_samples - len(rows):,} {what} left out", version=version)


def redraw_split(
    dataset: Dataset, copies: IntArray, *, rule: GroupRule, shares: Shares, seed: int, version: int
) -> Dataset:
    """The same samples with train, val and test drawn anew.

    Args:
        dataset: the parent.
        copies: the same number for near copies, which stay on one side, shape (n_samples,).
        rule: what else stays on one side.
        shares: of val and test.
        seed: same seed, same split.
        version: number of the new one.

    Raises:
        DatasetError: what should stay together is not known or cannot be dealt out, or the split would be the same.
    """
    choice = draw_splits(
        dataset.labels,
        dataset.sample_ids,
        [None] * dataset.n_samples,
        seed=seed,
        copies=copies,
        groups=group_samples(rule, dataset.sources, dataset.groups),
        shares=shares,
    )
    if (choice.splits == dataset.splits).all():
        raise DatasetError(
            "This split is the one that is there.", "Change the shares, the seed or what stays together."
        )
    how = f", {rule.in_words} kept together" if rule.in_words else ""
    return finished(
        replace(
            dataset,
            name=name_of_version(dataset, version),
            splits=choice.splits,
            split_origin="drawn",
            kept_together=rule.in_words,
            parent=dataset.id,
            version=version,
            changes=f"split drawn anew, {shares.val:.0%} validation and {shares.test:.0%} test{how}, seed {seed}",
        )
    )
