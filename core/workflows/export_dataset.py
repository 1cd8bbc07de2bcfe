"""Take a version of a dataset along: texts as CSV or JSON Lines, both kinds as a zip for the Hugging Face Hub."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from core.atomic import replace_file
from core.datasets.records import Dataset
from core.errors import ConfigurationError, writing_for_person
from core.exporting.dataset import dataset_csv, dataset_jsonl, write_image_zip, write_text_zip
from core.workflows.workspace import Workspace

ENDINGS: dict[str, tuple[str, ...]] = {"text": (".csv", ".jsonl", ".zip"), "image": (".zip",)}

Progress = Callable[[int, int], None]


def export_dataset(
    workspace: Workspace, dataset_id: str, file: Path, *, on_progress: Progress = lambda *_: None
) -> Dataset:
    """Write one version to a file whose ending says in which form; appears whole or not at all.

    Args:
        workspace: where the dataset lies.
        dataset_id: the version.
        file: .csv, .jsonl or .zip for texts, .zip for images; a zip has the layout of the Hugging Face Hub.
        on_progress: told (samples done, samples in all), where that takes a while.

    Raises:
        UnknownChoiceError: there is no such dataset.
        ConfigurationError: the ending names no form for such data.
        OutOfResourcesError: the file could not be written.
    """
    dataset = workspace.datasets.load(dataset_id)
    _require_ending(dataset, file)
    with writing_for_person(file):
        replace_file(file, lambda path: _write(workspace, dataset, path, on_progress))
    return dataset


def dataset_bytes(workspace: Workspace, dataset_id: str, ending: str) -> bytes:
    """The same for a download; see `export_size_bytes` before asking for large images."""
    with workspace.draft() as folder:
        file = folder / f"dataset{ending}"
        export_dataset(workspace, dataset_id, file)
        return file.read_bytes()


def export_size_bytes(workspace: Workspace, dataset: Dataset) -> int:
    """About how large the export is."""
    if dataset.modality == "text":
        return sum(map(len, dataset.texts))
    return sum(workspace.datasets.image_path(sample_id).stat().st_size for sample_id in dataset.sample_ids)


def _require_ending(dataset: Dataset, file: Path) -> None:
    endings = ENDINGS[dataset.modality]
    if file.suffix.lower() not in endings:
        raise ConfigurationError(
            f"{dataset.modality.capitalize()}s are exported as {' or '.join(endings)}; "
            f'found "{file.suffix or file.name}".',
            f"Let the name of the file end in {endings[0]}.",
        )


def _write(workspace: Workspace, dataset: Dataset, path: Path, on_progress: Progress) -> None:
    if dataset.modality == "image":
        write_image_zip(dataset, path, workspace.datasets.image_path, on_progress)
    elif path.suffix.lower() == ".zip":
        write_text_zip(dataset, path)
    else:
        make = dataset_csv if path.suffix.lower() == ".csv" else dataset_jsonl
        path.write_bytes(make(dataset))
