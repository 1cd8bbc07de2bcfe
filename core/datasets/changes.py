"""What a person wants to be different in the next version of a dataset: collected first, applied as a whole later."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace

from core.datasets.records import Dataset
from core.errors import DatasetError, UnknownChoiceError


@dataclass(frozen=True, kw_only=True, slots=True)
class LabelChanges:
    """A draft. All class names are those of the version it is made for; what concerns samples comes first.

    A change of a sample concerns all copies of it: equal content cannot have two right labels.

    Attributes:
        relabelled: sample id to the class it belongs to; a class that is not there yet is made.
        excluded: sample ids to be left out.
        marked: sample id to whether it is hard to judge.
        renamed: class to its new name; the name of another class merges the two.
        deleted: classes to be left out with all their samples.
    """

    relabelled: Mapping[str, str] = field(default_factory=dict)
    excluded: tuple[str, ...] = ()
    marked: Mapping[str, bool] = field(default_factory=dict)
    renamed: Mapping[str, str] = field(default_factory=dict)
    deleted: tuple[str, ...] = ()

    @property
    def is_empty(self) -> bool:
        """Whether nothing would be different."""
        return not (self.relabelled or self.excluded or self.marked or self.renamed or self.deleted)


def relabel(changes: LabelChanges, sample_ids: Iterable[str], class_name: str) -> LabelChanges:
    """These samples belong to that class; takes the place of what was said of them before."""
    ids = tuple(sample_ids)
    return replace(
        changes,
        relabelled={**changes.relabelled, **dict.fromkeys(ids, class_name)},
        excluded=_without(changes.excluded, ids),
    )


def exclude(changes: LabelChanges, sample_ids: Iterable[str]) -> LabelChanges:
    """These samples are left out; takes the place of what was said of them before."""
    ids = tuple(sample_ids)
    return replace(_forget(changes, ids), excluded=tuple(dict.fromkeys((*changes.excluded, *ids))))


def mark(changes: LabelChanges, sample_ids: Iterable[str], *, is_hard: bool) -> LabelChanges:
    """These samples are hard to judge, or are not so any more."""
    return replace(changes, marked={**changes.marked, **dict.fromkeys(sample_ids, is_hard)})


def leave_as_is(changes: LabelChanges, sample_ids: Iterable[str]) -> LabelChanges:
    """Nothing changes for these samples after all."""
    ids = tuple(sample_ids)
    return replace(_forget(changes, ids), excluded=_without(changes.excluded, ids))


def rename_class(changes: LabelChanges, class_name: str, new_name: str) -> LabelChanges:
    """A class gets another name; the name of another class merges the two, its own takes the renaming back."""
    renamed = {name: new for name, new in changes.renamed.items() if name != class_name}
    if new_name != class_name:
        renamed[class_name] = new_name
    return replace(changes, renamed=renamed, deleted=_without(changes.deleted, (class_name,)))


def delete_class(changes: LabelChanges, class_name: str) -> LabelChanges:
    """A class is left out with all its samples."""
    kept = rename_class(changes, class_name, class_name)
    return replace(kept, deleted=(*kept.deleted, class_name))


def settle(changes: LabelChanges, dataset: Dataset) -> LabelChanges:
    """Only what makes a difference to this dataset: a sample relabelled to the label it has is not changed.

    Raises:
        DatasetError: a sample is not in the dataset.
        UnknownChoiceError: a class is not.
    """
    if changes.is_empty:
        return changes
    labels: dict[str, set[str]] = defaultdict(set)
    concerned = {*changes.relabelled, *changes.excluded, *changes.marked}
    for row, sample_id in enumerate(dataset.sample_ids if concerned else ()):
        if sample_id in concerned:
            labels[sample_id].add(dataset.class_names[dataset.labels[row]])
    _require_known(changes, dataset, labels)
    return replace(
        changes,
        relabelled={key: name for key, name in changes.relabelled.items() if labels[key] != {name}},
        marked={key: hard for key, hard in changes.marked.items() if hard != (key in dataset.hard)},
    )


def describe_changes(changes: LabelChanges, dataset: Dataset) -> str:
    """What is different, in words: "3 relabelled, 1 excluded"; empty where nothing is.

    Args:
        changes: settled.
        dataset: the version they are made for.
    """
    counts = {
        "relabelled": _n_rows(dataset, changes.relabelled),
        "excluded": _n_rows(dataset, changes.excluded),
        "marked as hard": _n_rows(dataset, [key for key, is_hard in changes.marked.items() if is_hard]),
        "no longer marked as hard": _n_rows(dataset, [key for key, is_hard in changes.marked.items() if not is_hard]),
    }
    return ", ".join(
        [
            *(f"{n:,} {what}" for what, n in counts.items() if n),
            *(_renaming_words(name, new, changes, dataset) for name, new in changes.renamed.items()),
            *(f'"{name}" deleted with {dataset.class_counts()[name]:,} samples' for name in changes.deleted),
        ]
    )


def _renaming_words(name: str, new_name: str, changes: LabelChanges, dataset: Dataset) -> str:
    gone = {*changes.renamed, *changes.deleted}
    is_merged = new_name in dataset.class_names and new_name not in gone
    return f'"{name}" merged into "{new_name}"' if is_merged else f'"{name}" renamed to "{new_name}"'


def _require_known(changes: LabelChanges, dataset: Dataset, labels: Mapping[str, object]) -> None:
    if any(sample_id not in labels for sample_id in (*changes.relabelled, *changes.excluded, *changes.marked)):
        raise DatasetError(
            "Changes can only concern samples of the version they are made for; one of them is not in it.",
            "Throw the changes away and choose the samples again.",
        )
    for name in (*changes.renamed, *changes.deleted):
        if name not in dataset.class_names:
            raise UnknownChoiceError("class", name, dataset.class_names)


def _forget(changes: LabelChanges, ids: tuple[str, ...]) -> LabelChanges:
    return replace(
        changes,
        relabelled={key: name for key, name in changes.relabelled.items() if key not in ids},
        marked={key: is_hard for key, is_hard in changes.marked.items() if key not in ids},
    )


def _without(names: tuple[str, ...], gone: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(name for name in names if name not in gone)


def _n_rows(dataset: Dataset, sample_ids: Iterable[str]) -> int:
    wanted = set(sample_ids)
    return sum(sample_id in wanted for sample_id in dataset.sample_ids) if wanted else 0
