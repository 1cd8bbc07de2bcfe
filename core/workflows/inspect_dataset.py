"""Bring data in and look at it: from a path, from uploaded files, or from the samples that ship."""

from __future__ import annotations

import io
import secrets
from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path

from PIL import Image, ImageOps

from core.datasets.columns import ColumnChoice
from core.datasets.entries import UploadedFile
from core.datasets.grouping import GroupRule
from core.datasets.importing import import_dataset
from core.datasets.reading import inspect_columns
from core.datasets.records import Dataset, DatasetCard
from core.datasets.samples import list_samples, load_sample
from core.errors import OutOfResourcesError
from core.settings import limit, limit_remedy, limit_words
from core.workflows.disk_budget import require_room, size_bytes
from core.workflows.workspace import Workspace

Progress = Callable[[int, int], None]

SQUARE_PX = 160

__all__ = [
    "ColumnChoice",
    "GroupRule",
    "UploadedFile",
    "discard_uploads",
    "inspect_dataset",
    "inspect_table",
    "keep_upload",
    "list_datasets",
    "list_samples",
    "load_dataset",
    "open_sample",
    "square_thumbnail",
    "thumbnail_paths",
]


def inspect_dataset(
    workspace: Workspace,
    source: Path | Sequence[UploadedFile],
    *,
    name: str | None = None,
    test: Path | Sequence[UploadedFile] | None = None,
    text_column: str | None = None,
    label_column: str | None = None,
    group_rule: GroupRule | None = None,
    seed: int = 0,
    on_progress: Progress | None = None,
) -> Dataset:
    """Read, check, split and store labeled data; see `core.datasets.importing.import_dataset`.

    Raises:
        DatasetError: the data cannot become a dataset; nothing is lost and nothing is stored.
        OutOfResourcesError: the workspace is as large as the settings allow.
    """
    require_room(workspace, size_bytes(source) + (size_bytes(test) if test else 0))
    return import_dataset(
        source,
        store=workspace.datasets,
        name=name,
        test=test,
        text_column=text_column,
        label_column=label_column,
        group_rule=group_rule,
        seed=seed,
        on_progress=on_progress,
    )


def inspect_table(source: Path | Sequence[UploadedFile]) -> ColumnChoice | None:
    """The columns of a table and which were guessed; None where the source is not a table."""
    return inspect_columns(source)


def open_sample(workspace: Workspace, sample_id: str, *, on_progress: Progress | None = None) -> Dataset:
    """A bundled dataset; the second time it comes from the workspace at once."""
    return load_sample(sample_id, store=workspace.datasets, on_progress=on_progress)


def list_datasets(workspace: Workspace) -> tuple[DatasetCard, ...]:
    """All datasets of the workspace, newest first."""
    return workspace.datasets.list_cards()


def load_dataset(workspace: Workspace, dataset_id: str) -> Dataset:
    """One dataset; raises UnknownChoiceError where there is none."""
    return workspace.datasets.load(dataset_id)


def thumbnail_paths(workspace: Workspace, sample_ids: Iterable[str]) -> tuple[Path, ...]:
    """Small JPEG pictures of images, in order."""
    return tuple(workspace.datasets.thumbnail_path(sample_id) for sample_id in sample_ids)


def square_thumbnail(workspace: Workspace, sample_id: str) -> bytes:
    """The middle of an image as a small square JPEG, so that many of them stand in even rows."""
    with Image.open(workspace.datasets.thumbnail_path(sample_id)) as thumbnail:
        square = ImageOps.fit(thumbnail, (SQUARE_PX, SQUARE_PX), Image.Resampling.BICUBIC)
    file = io.BytesIO()
    square.save(file, "JPEG", quality=88)
    return file.getvalue()


def keep_upload(
    workspace: Workspace, name: str, chunks: Iterable[bytes], *, beside: Sequence[UploadedFile] = ()
) -> UploadedFile:
    """Write what a browser sends to a file of ours, piece by piece.

    Args:
        workspace: where it waits to be read.
        name: what the person calls it, folders included; kept for display, never used as a path.
        chunks: the content.
        beside: files that came with it, which count towards the size of the upload.

    Raises:
        OutOfResourcesError: the disk is full, or the upload or the workspace is as large as the settings allow.
    """
    require_room(workspace)
    folder = workspace.uploads_dir
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / secrets.token_hex(16)
    try:
        with path.open("wb") as file:
            for chunk in _within_limit(chunks, size_bytes(beside)):
                file.write(chunk)
    except OutOfResourcesError:
        path.unlink(missing_ok=True)
        raise
    except OSError as error:
        path.unlink(missing_ok=True)
        raise OutOfResourcesError(
            "The upload could not be written to the workspace.", "Free some disk space and upload it again."
        ) from error
    return UploadedFile(name=name, path=path)


def _within_limit(chunks: Iterable[bytes], taken_bytes: int) -> Iterator[bytes]:
    for chunk in chunks:
        taken_bytes += len(chunk)
        if taken_bytes > limit("upload"):
            raise OutOfResourcesError(
                f"An upload may have {limit_words('upload')}, all its files together; this one has more.",
                limit_remedy("upload", "Read the data with the command line (inspect), which takes them from the disk"),
            )
        yield chunk


def discard_uploads(files: Iterable[UploadedFile]) -> None:
    """Delete uploaded files that have been read."""
    for file in files:
        file.path.unlink(missing_ok=True)
