"""Reads all that is in a packed file by the readers that will read it later, before any of it is taken over."""

from __future__ import annotations

import pickle
import zipfile
from collections.abc import Callable, Collection
from functools import partial
from pathlib import Path
from typing import TypeVar, get_args

import safetensors

from core.backbones.catalogue import get_backbone
from core.backbones.hub import WEIGHTS_FILE, own_folder
from core.backbones.own_rows import describe_own_folder, read_learned
from core.backbones.torch_files import require_harmless
from core.datasets.identity import identify
from core.datasets.readers.parquet import require_unpacked_size
from core.datasets.records import Dataset
from core.datasets.store import content_id
from core.errors import ConfigurationError, UserError
from core.evaluation.prediction_table import load_predictions
from core.evaluation.records import MapMethod
from core.evaluation.report_json import offsets_from_json, temperature_from_json
from core.exporting.packed_file import PackedContent, Progress
from core.runs.folder import RunFolder
from core.workflows.map_samples import load_map
from core.workflows.rejecting import read_rejection
from core.workflows.run_purpose import load_purpose
from core.workflows.show_run import show_run
from core.workflows.stored_checks import load_check
from core.workflows.stored_studies import load_curve, load_drift, load_folds
from core.workflows.workspace import Workspace

ReadT = TypeVar("ReadT")

MAX_MAP_BYTES = 64 * 1024**2
"""Unpacked: ten thousand points take two."""

_FAULTS = (
    OSError,
    ValueError,
    KeyError,
    TypeError,
    AttributeError,
    IndexError,
    RecursionError,
    ArithmeticError,
    RuntimeError,
    MemoryError,
    zipfile.BadZipFile,
    pickle.UnpicklingError,
    safetensors.SafetensorError,
)
"""What readers raise for files that are none of ours, besides errors of our own."""


def require_valid(source: Workspace, content: PackedContent, on_progress: Progress) -> tuple[Dataset, ...]:
    """The datasets of a file that was laid out as a workspace, once everything in it was found to be what it says.

    Args:
        source: where it was laid out, and where nobody else looks.
        content: what the file says is in it.
        on_progress: told (step, done, in all).

    Raises:
        ConfigurationError: something in it is not what it says, or would unpack to more than memory holds.
    """
    _require_listed(source.root / "runs", content.runs)
    _require_listed(source.root / "datasets", content.datasets)
    _require_listed(source.root / "weights", [own_id.replace(":", "--") for own_id in content.weights])
    for own_id in content.weights:
        _checked(f"The weights {own_id}", partial(_read_weights, source, own_id))
    datasets = tuple(
        _checked(f"Dataset {dataset_id}", partial(_read_dataset, source, dataset_id, on_progress))
        for dataset_id in content.datasets
    )
    for run_id in content.runs:
        _checked(f"Run {run_id}", partial(_read_run, source, run_id, content.runs))
    return datasets


def weights_folder(source: Workspace, own_id: str) -> Path:
    """Where weights of a person's own lie in it."""
    return source.root / "weights" / own_folder(own_id).name


def _require_listed(folder: Path, names: Collection[str]) -> None:
    found = {path.name for path in folder.iterdir()} if folder.is_dir() else set()
    if found != set(names):
        raise _unreadable("The list of what is in it", "it names other things than there are")


def _checked(what: str, read: Callable[[], ReadT]) -> ReadT:
    try:
        return read()
    except UserError as error:
        raise _unreadable(what, error.problem) from error
    except _FAULTS as error:
        raise _unreadable(what, str(error)[:200] or type(error).__name__) from error


def _unreadable(what: str, reason: str) -> ConfigurationError:
    return ConfigurationError(
        f"{what} in this file cannot be read: {reason.rstrip('.')}. Nothing was taken from it.",
        "Ask for the file again, or pack it again.",
    )


def _read_weights(source: Workspace, own_id: str) -> None:
    folder = weights_folder(source, own_id)
    own = describe_own_folder(folder)
    if own is None or own.id != own_id:
        raise ValueError("the description is not theirs")
    get_backbone(own.base)
    read_learned(folder)
    _require_tensors(folder / WEIGHTS_FILE)


def _read_dataset(source: Workspace, dataset_id: str, on_progress: Progress) -> Dataset:
    store = source.datasets
    require_unpacked_size(source.root / "datasets" / dataset_id / "samples.parquet")
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
    load_check(source, dataset_id)
    return dataset


def _read_run(source: Workspace, run_id: str, run_ids: Collection[str]) -> None:
    run, folder = show_run(source, run_id), source.runs.get(run_id)
    if run.combination is not None and not set(run.combination.run_ids) <= set(run_ids):
        raise ValueError("runs that it was put together from are missing")
    for path in (folder.model_path, folder.novelty_path):
        if path.exists():
            _require_tensors(path)
    if folder.predictions_path.exists():
        require_unpacked_size(folder.predictions_path)
        load_predictions(folder.predictions_path)
    if folder.checkpoint_path.exists():
        with folder.checkpoint_path.open("rb") as content:
            require_harmless(content)
    _read_answers(source, folder)


def _read_answers(source: Workspace, folder: RunFolder) -> None:
    """What a run decides by, what a person said of it, and what was asked about it."""
    temperature_from_json(folder.read_json("temperature"))
    offsets_from_json(folder.read_json("decision"))
    read_rejection(folder)
    known = (folder.read_json("learned") or {"samples": []})["samples"]
    if not isinstance(known, list):
        raise TypeError("what it learned from is no list")
    for load in (load_purpose, load_curve, load_drift, load_folds):
        load(source, folder.id)
    for method in get_args(MapMethod):
        if folder.map_path(method).exists():
            _require_small_map(folder.map_path(method))
            load_map(source, folder.id, method)


def _require_tensors(path: Path) -> None:
    """Nothing but named tensors, whose sizes fit the file."""
    with safetensors.safe_open(path, framework="pt") as tensors:
        list(tensors.keys())


def _require_small_map(path: Path) -> None:
    with zipfile.ZipFile(path) as arrays:
        if sum(array.file_size for array in arrays.infolist()) > MAX_MAP_BYTES:
            raise ValueError("a map of it unpacks to more than any can have")
