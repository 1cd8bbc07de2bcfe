"""A dataset and changes in, a new dataset out, which names the one it was made from."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime

import numpy as np

from core.datasets.changes import LabelChanges, describe_changes, settle
from core.datasets.checks import find_all
from core.datasets.identity import identify, order_class_names
from core.datasets.records import Dataset
from core.datasets.split import SPLIT_FINDINGS
from core.errors import DatasetError

NAMES_SHOWN = 5
REMEDY = "Keep more of these samples; or delete a class as a whole, or merge it into another one."


def make_version(dataset: Dataset, changes: LabelChanges, *, version: int) -> Dataset:
    """The dataset with the changes in it; samples that stay keep their split, and findings are made anew.

    Args:
        dataset: the parent; it stays as it is.
        changes: what shall be different.
        version: number of the new one, which its name shows.

    Raises:
        DatasetError: nothing would change, or what is left could not be learned from.
        UnknownChoiceError: a class that is changed does not exist.
    """
    settled = settle(changes, dataset)
    if settled.is_empty:
        raise DatasetError("A new version needs a change; there is none.", "Change a label first.")
    single = _after_samples(dataset, settled)
    _require_no_class_lost(dataset, single, settled)
    names = _after_classes(single, settled)
    rows = [row for row, name in enumerate(names) if name]
    require_usable(dataset, rows, names)
    class_names = order_class_names(names[row] for row in rows)
    place = {name: label for label, name in enumerate(class_names)}
    return finished(
        replace(
            dataset,
            name=name_of_version(dataset, version),
            class_names=class_names,
            sample_ids=tuple(dataset.sample_ids[row] for row in rows),
            labels=np.array([place[names[row]] for row in rows], dtype=np.int64),
            splits=dataset.splits[rows],
            sources=tuple(dataset.sources[row] for row in rows),
            texts=tuple(dataset.texts[row] for row in rows) if dataset.texts else (),
            groups=tuple(dataset.groups[row] for row in rows) if dataset.groups else (),
            hard=_hard_after(dataset, settled, rows),
            parent=dataset.id,
            version=version,
            changes=describe_changes(settled, dataset),
        )
    )


def name_of_version(dataset: Dataset, version: int) -> str:
    """What another version of a dataset is called."""
    return f"{dataset.name.removesuffix(_ending(dataset.version))}{_ending(version)}"


def _ending(version: int) -> str:
    return f" (version {version})" if version > 1 else ""


def _after_samples(dataset: Dataset, changes: LabelChanges) -> list[str]:
    """The class of each row once single samples are corrected; empty where one is left out."""
    names = [dataset.class_names[label] for label in dataset.labels.tolist()]
    gone = set(changes.excluded)
    return [
        "" if key in gone else changes.relabelled.get(key, name)
        for key, name in zip(dataset.sample_ids, names, strict=True)
    ]


def _after_classes(names: Sequence[str], changes: LabelChanges) -> list[str]:
    """The same once classes are renamed, merged and deleted as well."""
    deleted = set(changes.deleted)
    return ["" if name in deleted else changes.renamed.get(name, name) for name in names]


def _hard_after(dataset: Dataset, changes: LabelChanges, rows: Sequence[int]) -> tuple[str, ...]:
    marked = {*dataset.hard, *(key for key, is_hard in changes.marked.items() if is_hard)}
    unmarked = {key for key, is_hard in changes.marked.items() if not is_hard}
    return tuple(sorted((marked - unmarked) & {dataset.sample_ids[row] for row in rows}))


def require_usable(dataset: Dataset, rows: Sequence[int], names: Sequence[str]) -> None:
    """The rules of a dataset for its rows that stay and their classes; all are checked before any is reported.

    Raises:
        DatasetError: what is left could not be learned from.
    """
    ids: dict[str, set[str]] = {}
    for row in rows:
        ids.setdefault(names[row], set()).add(dataset.sample_ids[row])
    problems = []
    if len(ids) < 2:
        problems.append(f"A dataset needs at least two classes; {len(ids)} would be left.")
    few = sorted(name for name, found in ids.items() if len(found) < 2)
    if few:
        problems.append(f"Each class needs at least two different samples; too few would be left in {_listed(few)}.")
    in_train = {names[row] for row in rows if dataset.splits[row] == "train"}
    if unlearned := sorted(set(ids) - in_train - set(few)):
        problems.append(f"Each class needs a training sample; none would be left in {_listed(unlearned)}.")
    if not any(dataset.splits[row] == "val" for row in rows):
        problems.append("Validation needs samples; none would be left.")
    if problems:
        raise DatasetError(" ".join(problems), REMEDY)


def _require_no_class_lost(dataset: Dataset, names: Sequence[str], changes: LabelChanges) -> None:
    """A class may go as a whole, by a decision about it; not by the way, with its last sample."""
    if lost := sorted(set(dataset.class_names) - set(names) - set(changes.deleted)):
        raise DatasetError(f"A class cannot lose its last sample; none would be left in {_listed(lost)}.", REMEDY)


def _listed(names: Sequence[str]) -> str:
    shown = ", ".join(f'"{name}"' for name in names[:NAMES_SHOWN])
    return shown + (f" and {len(names) - NAMES_SHOWN} more" if len(names) > NAMES_SHOWN else "")


def finished(dataset: Dataset) -> Dataset:
    """With an id, a time and findings of its own; what was found at the import about its split stays true."""
    sample_ids, labels = dataset.sample_ids, dataset.labels
    of_split = tuple(finding for finding in dataset.findings if finding.code in SPLIT_FINDINGS)
    return replace(
        dataset,
        id=identify(
            dataset.modality,
            dataset.class_names,
            sample_ids,
            labels,
            dataset.splits,
            parent=dataset.parent,
            hard=dataset.hard,
        ),
        findings=(*find_all(dataset), *of_split),
        created_at=datetime.now(UTC).isoformat(timespec="microseconds"),
    )
