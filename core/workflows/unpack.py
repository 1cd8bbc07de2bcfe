"""Opens a packed run or workspace: checked as a whole in a place of its own, then taken over piece by whole piece."""

from __future__ import annotations

import filecmp
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Literal

from core.backbones.hub import own_folder
from core.backbones.own_rows import OWN_FILES
from core.datasets.records import Dataset
from core.errors import ConfigurationError
from core.exporting.packed_file import PackedContent, Progress, extract_packed
from core.paths import is_file
from core.runs.folder import LASTING_FILES, RunFolder
from core.runs.records import LIVE_STATES
from core.workflows.check_packed import require_valid, weights_folder
from core.workflows.disk_budget import require_room, size_bytes
from core.workflows.stored_checks import check_file
from core.workflows.workspace import Workspace

Outcome = Literal["new", "already here", "under another id"]

RUN, DATASET, SAMPLE = "[0-9]{8}-[0-9]{6}-[0-9a-f]{4}", "[0-9a-f]{16}", "[0-9a-f]{40}"
MEMBERS = tuple(
    re.compile(pattern, re.ASCII)
    for pattern in (
        f"runs/{RUN}/(?:{'|'.join(map(re.escape, LASTING_FILES))})",
        rf"datasets/{DATASET}/(?:dataset\.json|samples\.parquet)",
        f"images/[0-9a-f]{{2}}/{SAMPLE}",
        rf"checks/{DATASET}\.json",
        f"weights/own--[0-9a-f]{{8}}/(?:{'|'.join(map(re.escape, OWN_FILES))})",
    )
)
"""The only names that a member may have."""

_SAME = ("spec.json", "model.safetensors", "predictions.parquet", "events.jsonl")
"""What makes two runs of one id the same one; what was asked about them since does not."""


@dataclass(frozen=True, kw_only=True, slots=True)
class UnpackedRun:
    """A run that was in the file.

    Attributes:
        id: by which it can be found now.
        packed_id: by which it was packed.
        outcome: "new"; "already here", and left as it is; or "under another id", because another run has its own.
    """

    id: str
    packed_id: str
    outcome: Outcome


@dataclass(frozen=True, kw_only=True, slots=True)
class Unpacked:
    """What was taken over.

    Attributes:
        kind: "run" or "workspace".
        runs: in the order of the file, the run that was asked for last.
        datasets: ids of the versions that are here now.
        weights: ids of weights of a person's own that are here now.
    """

    kind: str
    runs: tuple[UnpackedRun, ...]
    datasets: tuple[str, ...]
    weights: tuple[str, ...]


def unpack(
    workspace: Workspace, file: Path, *, takes_weights: bool = True, on_progress: Progress = lambda *_: None
) -> Unpacked:
    """Check all that is in a file, and only then take it over; what is here already stays as it is.

    Nothing in it is executed, and no name in it becomes a path unless it is one of ours to the letter. Each dataset,
    file of weights and run appears whole or not at all; whoever is interrupted opens the file once more.

    Args:
        workspace: to take it into.
        file: as `pack` writes it.
        takes_weights: whether weights of a person's own may come with it; they belong to the machine, and on one that
            several people share, one person's would be everybody's.
        on_progress: told (step, done, in all); may raise to end it.

    Raises:
        ConfigurationError: the file is none of ours, damaged, or holds what it should not; nothing was taken over.
        OutOfResourcesError: the disk has no room for it, or the workspace is as large as the settings allow.
    """
    if not is_file(file):
        raise ConfigurationError(f'There is no file "{file}".', "Correct its name.")
    require_room(workspace, size_bytes(file))
    with workspace.draft() as place:
        content = extract_packed(file, place, MEMBERS, on_progress=on_progress)
        if content.weights and not takes_weights:
            raise ConfigurationError(
                "Weights of a person's own are in this file; on this server they are taken in by whoever runs it.",
                "Ask for that, with the command `unpack`, or for a run that began with a network of the catalogue.",
            )
        source = Workspace(place)
        datasets = require_valid(source, content, on_progress)
        on_progress("Taking it over", 0, 0)
        return _move_into(workspace, source, content, datasets)


def _move_into(
    workspace: Workspace, source: Workspace, content: PackedContent, datasets: Sequence[Dataset]
) -> Unpacked:
    """Datasets and weights first, so that no run appears before what it needs."""
    for own_id in content.weights:
        if not own_folder(own_id).exists():
            _move(weights_folder(source, own_id), own_folder(own_id))
    for dataset in datasets:
        _move_dataset(workspace, source, dataset)
    return Unpacked(
        kind=content.kind,
        runs=tuple(_move_runs(workspace, source, content.runs)),
        datasets=content.datasets,
        weights=content.weights,
    )


def _move_dataset(workspace: Workspace, source: Workspace, dataset: Dataset) -> None:
    store = workspace.datasets
    with store.naming():
        if dataset.modality == "image":
            for sample_id in dict.fromkeys(dataset.sample_ids):
                source.datasets.hand_over(sample_id, store)
        if not store.has(dataset.id):
            store.save(dataset)
    checked = check_file(source, dataset.id)
    if checked.exists() and not check_file(workspace, dataset.id).exists():
        _move(checked, check_file(workspace, dataset.id))


def _move_runs(workspace: Workspace, source: Workspace, run_ids: Iterable[str]) -> Iterator[UnpackedRun]:
    renamed: dict[str, str] = {}
    members_first = sorted(run_ids, key=lambda one: source.runs.get(one).read_json("combination") is not None)
    for packed_id in members_first:
        folder = source.runs.get(packed_id)
        there = RunFolder(workspace.root / "runs" / packed_id)
        if there.path.exists() and _are_same(folder, there):
            yield UnpackedRun(id=packed_id, packed_id=packed_id, outcome="already here")
            continue
        _rename_members(folder, renamed)
        _interrupt(folder)
        moved = workspace.runs.adopt(folder.path, packed_id)
        renamed[packed_id] = moved.id
        outcome: Outcome = "new" if moved.id == packed_id else "under another id"
        yield UnpackedRun(id=moved.id, packed_id=packed_id, outcome=outcome)


def _interrupt(folder: RunFolder) -> None:
    """Nobody here goes on with what was under way elsewhere."""
    status = folder.read_status()
    if status.state in LIVE_STATES:
        folder.write_status(replace(status, state="interrupted", eta_s=None))


def _are_same(one: RunFolder, other: RunFolder) -> bool:
    first, second = one.lasting_files(), other.lasting_files()
    return all(
        (name in first) == (name in second)
        and (name not in first or filecmp.cmp(first[name], second[name], shallow=False))
        for name in _SAME
    )


def _rename_members(folder: RunFolder, renamed: dict[str, str]) -> None:
    """A combination goes on with its own members, whatever they are called now."""
    stored = folder.read_json("combination")
    if stored is None:
        return
    for part in (*stored["members"], *stored["steps"]):
        part["run_id"] = renamed.get(part["run_id"], part["run_id"])
    folder.write_json("combination", stored)


def _move(source: Path, target: Path) -> None:
    target.parent.mkdir(parents=True, exist_ok=True)
    source.rename(target)
