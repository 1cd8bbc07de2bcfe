"""Opens a packed run or workspace: checked as a whole in a place of its own, then taken over piece by whole piece."""

from __future__ import annotations

import filecmp
import re
from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Literal

import safetensors
import safetensors.torch

from core.backbones.catalogue import get_backbone
from core.backbones.hub import WEIGHTS_FILE, own_folder
from core.backbones.own_rows import OWN_FILES, describe_own_folder, read_learned
from core.datasets.identity import identify
from core.datasets.records import Dataset
from core.datasets.store import content_id
from core.errors import ConfigurationError, UserError
from core.evaluation.prediction_table import load_predictions
from core.exporting.packed_file import PackedContent, Progress, extract_packed
from core.runs.folder import LASTING_FILES, RunFolder
from core.runs.records import LIVE_STATES
from core.workflows.disk_budget import require_room, size_bytes
from core.workflows.predict import temperature_of
from core.workflows.rejecting import read_rejection
from core.workflows.show_run import show_run
from core.workflows.stored_checks import check_file, load_check
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

_FAULTS = (OSError, ValueError, KeyError, TypeError, AttributeError, IndexError, RecursionError, ArithmeticError)
"""What readers raise for files that are none of ours, besides errors of our own."""


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
    if not file.is_file():
        raise ConfigurationError(f'There is no file "{file}".', "Correct its name.")
    require_room(workspace, size_bytes(file))
    with workspace.draft() as place:
        content = extract_packed(file, place, MEMBERS, on_progress=on_progress)
        if content.weights and not takes_weights:
            raise ConfigurationError(
                "Weights of a person's own are in this file; on this server they are taken in by whoever runs it.",
                "Ask for that, with the command `unpack`, or for a run that began with a network of the catalogue.",
            )
        packed = _Packed(Workspace(place), content)
        packed.require_valid(on_progress)
        on_progress("Taking it over", 0, 0)
        return packed.move_into(workspace)


class _Packed:
    """A file's content, laid out as a workspace in a place of its own."""

    def __init__(self, source: Workspace, content: PackedContent) -> None:
        self._source = source
        self._content = content
        self._datasets: list[Dataset] = []

    def require_valid(self, on_progress: Progress) -> None:
        """Read everything by the readers that will read it later; raises ConfigurationError."""
        root, listed = self._source.root, self._content
        _require_listed(root / "runs", listed.runs)
        _require_listed(root / "datasets", listed.datasets)
        _require_listed(root / "weights", [own_id.replace(":", "--") for own_id in listed.weights])
        for own_id in listed.weights:
            _checked(f"The weights {own_id}", partial(self._read_weights, own_id))
        for dataset_id in listed.datasets:
            _checked(f"Dataset {dataset_id}", partial(self._read_dataset, dataset_id, on_progress))
        for run_id in listed.runs:
            _checked(f"Run {run_id}", partial(self._read_run, run_id))

    def move_into(self, target: Workspace) -> Unpacked:
        """Datasets and weights first, so that no run appears before what it needs."""
        for own_id in self._content.weights:
            if not own_folder(own_id).exists():
                _move(self._weights_folder(own_id), own_folder(own_id))
        for dataset in self._datasets:
            self._move_dataset(dataset, target)
        return Unpacked(
            kind=self._content.kind,
            runs=tuple(self._move_runs(target)),
            datasets=self._content.datasets,
            weights=self._content.weights,
        )

    def _read_weights(self, own_id: str) -> None:
        folder = self._weights_folder(own_id)
        own = describe_own_folder(folder)
        if own is None or own.id != own_id:
            raise ValueError("the description is not theirs")
        get_backbone(own.base)
        read_learned(folder)
        _require_tensors(folder / WEIGHTS_FILE)

    def _weights_folder(self, own_id: str) -> Path:
        return self._source.root / "weights" / own_folder(own_id).name

    def _read_dataset(self, dataset_id: str, on_progress: Progress) -> None:
        store = self._source.datasets
        dataset = store.load(dataset_id)
        found = identify(
            dataset.modality,
            dataset.class_names,
            dataset.sample_ids,
            dataset.labels,
            dataset.splits,
            parent=dataset.parent,
            hard=dataset.hard,
        )
        if found != dataset_id or dataset.id != dataset_id:
            raise ValueError("its content has another id")
        if [content_id(text.encode()) for text in dataset.texts] != list(dataset.sample_ids[: len(dataset.texts)]):
            raise ValueError("a text is not the one that was labelled")
        images = list(dict.fromkeys(dataset.sample_ids)) if dataset.modality == "image" else []
        for number, sample_id in enumerate(images):
            on_progress("Looking at the images", number, len(images))
            if store.add_image(store.image_path(sample_id).read_bytes()) != sample_id:
                raise ValueError("an image is not the one that was labelled")
        load_check(self._source, dataset_id)
        self._datasets.append(dataset)

    def _read_run(self, run_id: str) -> None:
        folder = self._source.runs.get(run_id)
        run = show_run(self._source, run_id)
        temperature_of(folder)
        read_rejection(folder)
        for path in (folder.model_path, folder.novelty_path):
            if path.exists():
                _require_tensors(path)
        if folder.predictions_path.exists():
            load_predictions(folder.predictions_path)
        if run.combination is not None and not set(run.combination.run_ids) <= set(self._content.runs):
            raise ValueError("runs that it was put together from are missing")
        if run.status.state in LIVE_STATES:
            folder.write_status(replace(run.status, state="interrupted", eta_s=None))

    def _move_dataset(self, dataset: Dataset, target: Workspace) -> None:
        source, store = self._source.datasets, target.datasets
        with store.naming():
            if dataset.modality == "image":
                for sample_id in dict.fromkeys(dataset.sample_ids):
                    source.hand_over(sample_id, store)
            if not store.has(dataset.id):
                store.save(dataset)
        checked = check_file(self._source, dataset.id)
        if checked.exists() and not check_file(target, dataset.id).exists():
            _move(checked, check_file(target, dataset.id))

    def _move_runs(self, target: Workspace) -> Iterator[UnpackedRun]:
        renamed: dict[str, str] = {}
        members_first = sorted(
            self._content.runs, key=lambda one: self._source.runs.get(one).read_json("combination") is not None
        )
        for packed_id in members_first:
            folder = self._source.runs.get(packed_id)
            there = RunFolder(target.root / "runs" / packed_id)
            if there.path.exists() and _are_same(folder, there):
                yield UnpackedRun(id=packed_id, packed_id=packed_id, outcome="already here")
                continue
            _rename_members(folder, renamed)
            moved = target.runs.adopt(folder.path, packed_id)
            renamed[packed_id] = moved.id
            outcome: Outcome = "new" if moved.id == packed_id else "under another id"
            yield UnpackedRun(id=moved.id, packed_id=packed_id, outcome=outcome)


def _require_listed(folder: Path, names: Collection[str]) -> None:
    found = {path.name for path in folder.iterdir()} if folder.is_dir() else set()
    if found != set(names):
        raise _unreadable("The list of what is in it", "it names other things than there are")


def _checked(what: str, read: Callable[[], None]) -> None:
    try:
        read()
    except UserError as error:
        raise _unreadable(what, error.problem) from error
    except (*_FAULTS, safetensors.SafetensorError) as error:
        raise _unreadable(what, str(error)[:200] or type(error).__name__) from error


def _unreadable(what: str, reason: str) -> ConfigurationError:
    return ConfigurationError(
        f"{what} in this file cannot be read: {reason.rstrip('.')}. Nothing was taken from it.",
        "Ask for the file again, or pack it again.",
    )


def _require_tensors(path: Path) -> None:
    """Nothing but named tensors, whose sizes fit the file."""
    with safetensors.safe_open(path, framework="pt") as tensors:
        list(tensors.keys())


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
