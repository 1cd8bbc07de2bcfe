"""Delete a dataset for good: its samples, what was computed from them and all that was asked about it."""

from __future__ import annotations

import shutil
from dataclasses import dataclass

from core.datasets.clearing import clear, set_aside
from core.datasets.records import DatasetCard
from core.errors import DatasetError
from core.features.shelf import forget_samples
from core.runs.records import LIVE_STATES
from core.workflows.dataset_versions import list_versions
from core.workflows.show_run import RunCard, list_runs
from core.workflows.workspace import Workspace


@dataclass(frozen=True, kw_only=True, slots=True)
class Deletion:
    """What goes with a dataset, or went.

    Attributes:
        versions: that are deleted, the first one first.
        stay: versions of the same line that stay.
        runs: that learned from one of them; they stay and can be read, without their samples.
        is_cleared: whether the files went, too; False where somebody imports just now, so that the next deletion
            removes them. True before it is carried out.
    """

    versions: tuple[DatasetCard, ...]
    stay: tuple[DatasetCard, ...]
    runs: tuple[RunCard, ...]
    is_cleared: bool = True


def plan_deletion(workspace: Workspace, dataset_id: str, *, all_versions: bool = False) -> Deletion:
    """What would go with a dataset; nothing does yet.

    Args:
        workspace: where it lies.
        dataset_id: the version.
        all_versions: whether all versions of its line shall go with it.

    Raises:
        UnknownChoiceError: there is no such dataset.
    """
    workspace.datasets.load(dataset_id)
    line = list_versions(workspace, dataset_id)
    versions = tuple(card for card in line if all_versions or card.id == dataset_id)
    gone = {card.id for card in versions}
    return Deletion(
        versions=versions,
        stay=tuple(card for card in line if card.id not in gone),
        runs=tuple(run for run in list_runs(workspace) if run.spec.dataset_id in gone),
    )


def delete_dataset(workspace: Workspace, dataset_id: str, *, all_versions: bool = False) -> Deletion:
    """Take a dataset off the disk; images that another dataset or version holds stay with that one.

    Runs that learned from it keep their model, numbers and predictions. Arguments and errors as `plan_deletion`.

    Raises:
        DatasetError: a run that learns from it waits for its turn or is under way.
    """
    plan = plan_deletion(workspace, dataset_id, all_versions=all_versions)
    if live := [run.id for run in plan.runs if run.status.state in LIVE_STATES]:
        raise DatasetError(
            f"Data that a run is learning from cannot be deleted; {', '.join(live)} is.", "Stop it first, or wait."
        )
    for card in plan.versions:
        set_aside(workspace.datasets, card.id)
        forget_answers(workspace, card.id)
    is_cleared = clear(workspace.datasets, lambda sample_ids: forget_samples(workspace.cache, sample_ids))
    return Deletion(versions=plan.versions, stay=plan.stay, runs=plan.runs, is_cleared=is_cleared)


def forget_answers(workspace: Workspace, dataset_id: str) -> None:
    """Remove what was asked about a dataset and drafted for it: it lies in a folder of its kind, under the id."""
    for kept in (*workspace.root.glob(f"*/{dataset_id}"), *workspace.root.glob(f"*/{dataset_id}.*")):
        if kept.is_dir():
            shutil.rmtree(kept)
        else:
            kept.unlink()
