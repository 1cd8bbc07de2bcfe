"""Add samples to a dataset that is there: files, pictures of the camera or lines of text; each time a new version."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from pathlib import Path

from core.arrays import IntArray
from core.datasets.adding import add_samples
from core.datasets.encoding import decode_text
from core.datasets.entries import open_source
from core.datasets.gathering import Gathered, gather, reporting
from core.datasets.grouping import rule_in_words
from core.datasets.naming import RawSample, require_class_name
from core.datasets.reading import read_further
from core.datasets.records import Dataset, Skipped
from core.datasets.similar import group_similar_images, join_groups, plain_text
from core.datasets.tables import clean_text
from core.errors import ConfigurationError, DatasetError
from core.settings import DEFAULT_SEED
from core.workflows.check_data import read_looks
from core.workflows.dataset_versions import next_version, store_version
from core.workflows.disk_budget import require_room, size_bytes
from core.workflows.inspect_dataset import UploadedFile
from core.workflows.workspace import Workspace

Progress = Callable[[int, int], None]


def add_files(
    workspace: Workspace,
    dataset_id: str,
    source: Path | Sequence[UploadedFile],
    *,
    class_name: str | None = None,
    on_progress: Progress | None = None,
) -> Dataset:
    """Store a version with the samples of a folder, a zip, a table or uploaded files.

    Args:
        workspace: where the dataset lies.
        dataset_id: the version they are added to; it stays as it is.
        source: of images, or a table with the dataset's columns.
        class_name: of all images in it, a new one or one that is there; None where their folders say it.
        on_progress: called with (samples done, samples expected).

    Raises:
        DatasetError: it holds nothing new of the dataset's kind, a class would have a single sample, or the dataset
            would become larger than the settings allow.
        UnknownChoiceError: there is no such dataset.
        OutOfResourcesError: the workspace is as large as the settings allow.
    """
    dataset = workspace.datasets.load(dataset_id)
    with open_source(source) as listing:
        reading = read_further(
            listing,
            modality=dataset.modality,
            columns=dataset.columns,
            class_name=None if class_name is None else require_class_name(class_name),
            group_column=rule_in_words(dataset.kept_together).column,
        )
        return add_items(
            workspace,
            dataset,
            reading.items,
            n_expected=reading.n_expected,
            n_bytes=size_bytes(source),
            on_progress=on_progress,
        )


def add_lines(workspace: Workspace, dataset_id: str, lines: str, *, class_name: str) -> Dataset:
    """Store a version with pasted texts, one in each line, all of one class; arguments and errors as `add_files`.

    Raises:
        ConfigurationError: the dataset holds images.
    """
    dataset = workspace.datasets.load(dataset_id)
    if dataset.modality != "text":
        raise ConfigurationError("Lines of text can be added to texts only; this dataset holds images.", "Add images.")
    name = require_class_name(class_name)
    texts = [(number, clean_text(line)) for number, line in enumerate(lines.splitlines(), start=1)]
    items = [
        RawSample(content=text, class_name=name, split=None, source=f"pasted line {number}")
        for number, text in texts
        if text
    ]
    return add_items(workspace, dataset, items, n_expected=len(items))


def read_lines(file: Path) -> str:
    """What a file of texts holds; raises DatasetError where it cannot be read."""
    try:
        return decode_text(file.read_bytes())
    except OSError as error:
        raise DatasetError(
            f'The file "{file}" could not be read.', "Name a file of texts, one in each line."
        ) from error


def add_items(
    workspace: Workspace,
    dataset: Dataset,
    items: Iterable[RawSample | Skipped],
    *,
    n_expected: int,
    n_bytes: int = 0,
    on_progress: Progress | None = None,
) -> Dataset:
    """Store a version with a stream of samples that take about so many bytes; errors as `add_files`."""
    require_room(workspace, n_bytes)
    store = workspace.datasets
    with store.naming():
        gathered = gather(items, store, dataset.modality, reporting(on_progress, n_expected), beside=dataset)
        made = add_samples(
            dataset,
            gathered,
            copies=_copies(workspace, dataset, gathered),
            seed=DEFAULT_SEED,
            version=next_version(workspace, dataset.id),
        )
        return store_version(workspace, made)


def _copies(workspace: Workspace, dataset: Dataset, gathered: Gathered) -> IntArray:
    """What can be told of near copies at once, among the samples that are there and those that come."""
    if dataset.modality == "text":
        return join_groups([plain_text(text) for text in (*dataset.texts, *gathered.texts)])
    return group_similar_images([*read_looks(workspace, dataset), *gathered.looks])
