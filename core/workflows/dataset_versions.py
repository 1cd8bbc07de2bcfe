"""Versions of a dataset: make one of the changes collected, find its relatives, compare two, train again on one."""

from __future__ import annotations

from dataclasses import replace

from core.datasets.records import Dataset, DatasetCard
from core.datasets.version_difference import ChangedSample, VersionDifference
from core.datasets.version_difference import compare_versions as compare_tables
from core.datasets.versions import make_version as apply_changes
from core.training.spec import TrainingSpec
from core.workflows.label_draft import read_draft, throw_away
from core.workflows.show_run import RunCard, list_runs
from core.workflows.workspace import Workspace

__all__ = [
    "ChangedSample",
    "VersionDifference",
    "compare_versions",
    "find_run_like",
    "list_versions",
    "made_from",
    "make_version",
    "next_version",
    "spec_for_version",
    "store_version",
]


def make_version(workspace: Workspace, dataset_id: str) -> Dataset:
    """Store a new version with the changes collected for a dataset, and forget these.

    The same changes made again give the version that is there already.

    Raises:
        DatasetError: there are none, or what is left could not be learned from; the draft stays.
    """
    dataset = workspace.datasets.load(dataset_id)
    changes = read_draft(workspace, dataset).changes
    made = store_version(workspace, apply_changes(dataset, changes, version=next_version(workspace, dataset_id)))
    throw_away(workspace, dataset_id)
    return made


def next_version(workspace: Workspace, dataset_id: str) -> int:
    """The number of a version to be made of this one."""
    return 1 + max(card.version for card in list_versions(workspace, dataset_id))


def store_version(workspace: Workspace, made: Dataset) -> Dataset:
    """Keep a version that was just made; where it is there already, that one is given back."""
    if not workspace.datasets.has(made.id):
        workspace.datasets.save(made)
    return workspace.datasets.load(made.id)


def list_versions(workspace: Workspace, dataset_id: str) -> tuple[DatasetCard, ...]:
    """A dataset and all that go back to the same import, the first version first."""
    cards = {card.id: card for card in workspace.datasets.list_cards()}
    root = _root(cards, dataset_id)
    family = [card for card in cards.values() if _root(cards, card.id) == root]
    return tuple(sorted(family, key=lambda card: (card.version, card.created_at)))


def made_from(workspace: Workspace, dataset_id: str) -> tuple[DatasetCard, ...]:
    """The versions made from exactly this one, newest first."""
    return tuple(card for card in workspace.datasets.list_cards() if card.parent == dataset_id)


def compare_versions(workspace: Workspace, first_id: str, second_id: str) -> VersionDifference:
    """What is different in the second; raises UnknownChoiceError where one of them does not exist."""
    return compare_tables(workspace.datasets.load(first_id), workspace.datasets.load(second_id))


def spec_for_version(spec: TrainingSpec, dataset_id: str) -> TrainingSpec:
    """The same settings on another version of the data; what was computed for samples that stay is found cached."""
    return replace(spec, dataset_id=dataset_id, reason="The same settings as before, on another version of the data.")


def find_run_like(workspace: Workspace, spec: TrainingSpec) -> RunCard | None:
    """The newest run with these settings on these data that did not break off; None where there is none."""
    for card in list_runs(workspace):
        if card.status.state in ("failed", "interrupted"):
            continue
        if replace(card.spec, reason="") == replace(spec, reason=""):
            return card
    return None


def _root(cards: dict[str, DatasetCard], dataset_id: str) -> str:
    """Where a line of versions begins; what a deleted version leaves behind begins a line of its own."""
    while dataset_id in cards and cards[dataset_id].parent in cards:
        dataset_id = cards[dataset_id].parent
    return dataset_id
