"""A dataset and further samples in, a new version of it out: what is there keeps its place, what comes is dealt out."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from core.arrays import IntArray, StrArray
from core.datasets.dealing import deal_further
from core.datasets.gathering import Gathered
from core.datasets.grouping import group_samples, rule_in_words
from core.datasets.identity import order_class_names
from core.datasets.records import SPLIT_NAMES, Dataset, Skipped, SplitName
from core.datasets.similar import join_groups
from core.datasets.split import TEST_SHARE, VAL_SHARE
from core.datasets.versions import finished, name_of_version, require_usable
from core.errors import DatasetError

THERE, TWICE = "it is in the dataset already", "it comes twice"


def add_samples(dataset: Dataset, gathered: Gathered, *, copies: IntArray, seed: int, version: int) -> Dataset:
    """The dataset with further samples, which its own rules deal out.

    Samples that are there keep their split. A new one goes where a copy or another sample of its group is; the others
    go, whole groups at a time, to the parts that lack most of their class, by the shares that the dataset has. Where
    the data brought their split along they are for training only, unless they name a part themselves: a test set that
    others know stays as it is.

    Args:
        dataset: the parent; it stays as it is.
        gathered: the further samples, their contents stored; what is there already is set aside in it.
        copies: the same number for near copies, of those that are there and then of the further ones.
        seed: decides between groups that are alike.
        version: number of the new one.

    Raises:
        DatasetError: there is nothing new, or a class would have a single sample.
    """
    known = _known(dataset, gathered)
    is_new = np.array([not reason for reason in known], dtype=bool)
    gathered.set_aside(np.flatnonzero(~is_new).tolist(), known.__getitem__)
    if not gathered.sample_ids:
        raise DatasetError(_nothing_new(gathered.skipped), "Choose other samples.")
    n = dataset.n_samples
    names = [*(dataset.class_names[label] for label in dataset.labels.tolist()), *gathered.class_names]
    class_names = order_class_names(names)
    place_of = {name: label for label, name in enumerate(class_names)}
    labels = np.array([place_of[name] for name in names], dtype=np.int64)
    sources, sample_ids = (*dataset.sources, *gathered.sources), (*dataset.sample_ids, *gathered.sample_ids)
    groups = _groups(dataset, gathered)
    units = _units(dataset, sample_ids, sources, groups, copies[np.concatenate([np.ones(n, dtype=bool), is_new])])
    splits = _splits(dataset, gathered.splits, labels, units, np.random.default_rng(seed))
    grown = replace(
        dataset,
        name=name_of_version(dataset, version),
        class_names=class_names,
        sample_ids=sample_ids,
        labels=labels,
        splits=splits,
        sources=sources,
        texts=(*dataset.texts, *gathered.texts),
        skipped=(*dataset.skipped, *gathered.skipped),
        groups=groups,
        kept_together=dataset.kept_together or ("samples of one group" if groups else ""),
        parent=dataset.id,
        version=version,
        changes=_in_words(gathered),
    )
    require_usable(grown, range(grown.n_samples), names)
    return finished(grown)


def _known(dataset: Dataset, gathered: Gathered) -> list[str]:
    """Why each sample is nothing new; empty where it is."""
    labels = dataset.labels.tolist()
    class_of = dict(zip(dataset.sample_ids, (dataset.class_names[label] for label in labels), strict=True))
    seen: set[str] = set()
    reasons = []
    for sample_id, class_name in zip(gathered.sample_ids, gathered.class_names, strict=True):
        if sample_id in class_of:
            of = class_of[sample_id]
            reasons.append(THERE if of == class_name else f'{THERE}, as "{of}"')
        else:
            reasons.append(TWICE if sample_id in seen else "")
            seen.add(sample_id)
    return reasons


def _nothing_new(left_out: Sequence[Skipped]) -> str:
    if not left_out:
        return "A new version needs further samples; there is none."
    n, first = len(left_out), left_out[0]
    return f'A new version needs further samples; none of {n:,} can be added, "{first.file}" because {first.reason}.'


def _in_words(gathered: Gathered) -> str:
    n_left_out = len(gathered.skipped)
    return f"{len(gathered.sample_ids):,} added" + (f", {n_left_out:,} left out" if n_left_out else "")


def _groups(dataset: Dataset, gathered: Gathered) -> tuple[str, ...]:
    """What each sample belongs to; of those that say nothing, each its own."""
    if not dataset.groups and not any(gathered.groups):
        return ()
    new = (group or source for group, source in zip(gathered.groups, gathered.sources, strict=True))
    return (*(dataset.groups or dataset.sources), *new)


def _units(
    dataset: Dataset, sample_ids: Sequence[str], sources: Sequence[str], groups: Sequence[str], copies: IntArray
) -> IntArray:
    """The same number for samples that go to one side as a whole, those that are there included."""
    together: list[Sequence[object] | IntArray] = [sample_ids, copies]
    if groups:
        together.append(groups)
    rule = rule_in_words(dataset.kept_together)
    if rule.by in ("neighbours", "names"):
        together.append(group_samples(rule, sources, groups))
    return join_groups(*together)


def _splits(
    dataset: Dataset, named: Sequence[SplitName | None], labels: IntArray, units: IntArray, rng: np.random.Generator
) -> StrArray:
    splits = np.array([*dataset.splits.tolist(), *(split or "" for split in named)], dtype="<U5")
    _follow(splits, units)
    rows = np.flatnonzero(splits == "")
    if not len(rows):
        return splits
    shares = _shares(dataset)
    if not shares:
        splits[rows] = "train"
        return splits
    n_classes = int(labels.max()) + 1
    parts = ["train", *shares]
    present = np.stack([np.bincount(labels[splits == part], minlength=n_classes) for part in parts])
    splits[rows] = deal_further(labels[rows], units[rows], shares, present, rng)
    return splits


def _follow(splits: StrArray, units: IntArray) -> None:
    """Puts samples without a part beside those of their unit that have one, in train where these disagree."""
    for part in SPLIT_NAMES:
        splits[np.isin(units, units[splits == part]) & (splits == "")] = part


def _shares(dataset: Dataset) -> dict[SplitName, float]:
    """Of the parts that were drawn, what they have of the dataset; empty where the data brought their split along."""
    sizes = dataset.split_sizes()
    if dataset.split_origin == "given":
        return {}
    if dataset.split_origin == "mixed":
        return {"val": _within(sizes["val"] / max(1, sizes["train"] + sizes["val"]), VAL_SHARE)}
    shares: dict[SplitName, float] = {"val": _within(sizes["val"] / dataset.n_samples, VAL_SHARE)}
    if sizes["test"]:
        shares["test"] = _within(sizes["test"] / dataset.n_samples, TEST_SHARE)
    return shares


def _within(share: float, usual: float) -> float:
    """A share that leaves most to train on."""
    return share if 0 < share < 0.4 else usual
