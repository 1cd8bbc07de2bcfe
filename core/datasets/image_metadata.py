"""What Hugging Face's imagefolder keeps beside images: a table with a row for each file, its label and its group."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from core.datasets.entries import Entry
from core.datasets.naming import clean_class_name, split_named
from core.datasets.readers.folders import Placed, place_entries
from core.datasets.readers.table import LABEL_NAMES, Table
from core.datasets.records import Skipped
from core.datasets.tables import read_tables

METADATA_NAMES = frozenset({"metadata.jsonl", "metadata.csv", "metadata.parquet"})
FILE_COLUMN, GROUP_COLUMN = "file_name", "group"


@dataclass(frozen=True, kw_only=True, slots=True)
class Told:
    """What such a table says of one image: its class, empty where it does not say it, and what it belongs to."""

    class_name: str
    group: str | None


def is_metadata(entry: Entry) -> bool:
    """Whether a file is such a table, by its name."""
    return entry.name.rpartition("/")[2].lower() in METADATA_NAMES


def is_card(entry: Entry) -> bool:
    """Whether a file is the card of a dataset of the Hugging Face Hub: a README.md with a head for machines."""
    return entry.name.rpartition("/")[2].lower() == "readme.md" and entry.head(3) == b"---"


def place_images(images: Sequence[Entry], metadata: Iterable[Entry]) -> tuple[tuple[Placed, ...], tuple[Skipped, ...]]:
    """Class, split and group of every image, from tables beside them where there are any, else from its folders.

    Args:
        images: all images of a source.
        metadata: its tables of that kind; they name files, and no other file is ever opened for that.

    Returns:
        The placed images, and those that have no class, with the reason; tables that could not be read as well.
    """
    told, skipped = _read(list(metadata))
    labelled = [entry for entry in images if entry.name in told and told[entry.name].class_name]
    named = {entry.name for entry in labelled}
    placed, outside = place_entries([entry for entry in images if entry.name not in named])
    by_folder = (replace(one, group=told[one.entry.name].group) if one.entry.name in told else one for one in placed)
    by_table = (
        Placed(
            entry=entry,
            class_name=told[entry.name].class_name,
            split=next(filter(None, map(split_named, entry.folders)), None),
            group=told[entry.name].group,
        )
        for entry in labelled
    )
    every = sorted((*by_folder, *by_table), key=lambda one: one.entry.name)
    return tuple(every), (*skipped, *outside)


def _read(metadata: Sequence[Entry]) -> tuple[Mapping[str, Told], list[Skipped]]:
    if not metadata:
        return {}, []
    tables, skipped = read_tables(metadata)
    return {name: told for table in tables for name, told in _rows(table)}, skipped


def _rows(table: Table) -> Iterator[tuple[str, Told]]:
    if FILE_COLUMN not in table.columns:
        return
    folder = table.name.rpartition("/")[0]
    prefix = f"{folder}/" if folder else ""
    nothing: list[str | None] = [None] * table.n_rows
    label = next((name for name in table.columns if name.lower() in LABEL_NAMES), None)
    labels = table.column(label) if label else nothing
    groups = table.column(GROUP_COLUMN) if GROUP_COLUMN in table.columns else nothing
    for file, class_name, group in zip(table.column(FILE_COLUMN), labels, groups, strict=True):
        if file:
            yield (
                prefix + file,
                Told(class_name=clean_class_name(class_name or ""), group=(group or "").strip() or None),
            )
