"""Changes to labels, collected on disk until a person makes a version of them: a closed tab loses nothing."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from core.atomic import changing
from core.datasets import changes as edit
from core.datasets.changes import LabelChanges, describe_changes, settle
from core.datasets.naming import require_class_name
from core.datasets.records import Dataset
from core.workflows.stored_answers import load_answer, save_answer
from core.workflows.workspace import Workspace

VERSION = 1


@dataclass(frozen=True, kw_only=True, slots=True)
class LabelDraft:
    """What is collected for a dataset so far.

    Attributes:
        changes: those that make a difference.
        summary: in words, "3 relabelled, 1 excluded"; empty where nothing is collected.
        n_held_out: of the samples concerned, how many are in validation or test.
    """

    changes: LabelChanges
    summary: str
    n_held_out: int


def read_draft(workspace: Workspace, dataset: Dataset) -> LabelDraft:
    """The draft for a dataset, empty at first."""
    changes = settle(_load(workspace, dataset.id), dataset)
    concerned = {*changes.relabelled, *changes.excluded}
    rows = np.flatnonzero(dataset.splits != "train").tolist() if concerned else ()
    return LabelDraft(
        changes=changes,
        summary=describe_changes(changes, dataset),
        n_held_out=sum(dataset.sample_ids[row] in concerned for row in rows),
    )


def relabel(workspace: Workspace, dataset_id: str, sample_ids: Iterable[str], class_name: str) -> None:
    """Note that these samples belong to that class, which may be a new one.

    Raises:
        DatasetError: the name has nothing to show.
    """
    name = require_class_name(class_name)
    _change(workspace, dataset_id, lambda changes: edit.relabel(changes, sample_ids, name))


def relabel_each(workspace: Workspace, dataset_id: str, class_names: dict[str, str]) -> None:
    """Note a class for each of these samples; the keys are sample ids."""

    def change(changes: LabelChanges) -> LabelChanges:
        for sample_id, class_name in class_names.items():
            changes = edit.relabel(changes, (sample_id,), class_name)
        return changes

    _change(workspace, dataset_id, change)


def exclude(workspace: Workspace, dataset_id: str, sample_ids: Iterable[str]) -> None:
    """Note that these samples shall be left out."""
    _change(workspace, dataset_id, lambda changes: edit.exclude(changes, sample_ids))


def mark(workspace: Workspace, dataset_id: str, sample_ids: Iterable[str], *, is_hard: bool) -> None:
    """Note that these samples are hard to judge, or are not so any more."""
    _change(workspace, dataset_id, lambda changes: edit.mark(changes, sample_ids, is_hard=is_hard))


def leave_as_is(workspace: Workspace, dataset_id: str, sample_ids: Iterable[str]) -> None:
    """Take back what was noted about these samples."""
    _change(workspace, dataset_id, lambda changes: edit.leave_as_is(changes, sample_ids))


def rename_class(workspace: Workspace, dataset_id: str, class_name: str, new_name: str) -> None:
    """Note another name for a class; the name of another one merges the two, its own takes the renaming back.

    Raises:
        DatasetError: the name has nothing to show.
    """
    name = require_class_name(new_name)
    _change(workspace, dataset_id, lambda changes: edit.rename_class(changes, class_name, name))


def delete_class(workspace: Workspace, dataset_id: str, class_name: str) -> None:
    """Note that a class shall be left out with all its samples."""
    _change(workspace, dataset_id, lambda changes: edit.delete_class(changes, class_name))


def throw_away(workspace: Workspace, dataset_id: str) -> None:
    """Forget all that was noted for a dataset."""
    file = _file(workspace, dataset_id)
    with changing(file):
        file.unlink(missing_ok=True)


def _change(workspace: Workspace, dataset_id: str, change: Callable[[LabelChanges], LabelChanges]) -> None:
    file = _file(workspace, dataset_id)
    with changing(file):  # two tabs, or two servers, may add to one draft at once
        save_answer(file, change(_load(workspace, dataset_id)), version=VERSION)


def _load(workspace: Workspace, dataset_id: str) -> LabelChanges:
    stored = load_answer(_file(workspace, dataset_id), version=VERSION)
    if stored is None:
        return LabelChanges()
    for name in ("excluded", "deleted"):
        stored[name] = tuple(stored[name])
    return LabelChanges(**stored)


def _file(workspace: Workspace, dataset_id: str) -> Path:
    """Where a draft lies; the id comes from the store, never from a person."""
    return workspace.root / "label-drafts" / f"{dataset_id}.json"
