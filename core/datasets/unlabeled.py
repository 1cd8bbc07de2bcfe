"""Inputs without labels: all images of a source, or all texts of its tables and text files."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import chain

from core.datasets.columns import SAMPLE_ROWS, text_score
from core.datasets.encoding import decode_text
from core.datasets.entries import Entry, Listing
from core.datasets.readers.table import Table
from core.datasets.reading import MAX_FILE_BYTES, TEXT_SUFFIXES, kinds_of
from core.datasets.records import Modality, Skipped
from core.datasets.tables import EMPTY_TEXT, clean_text, read_tables
from core.errors import DatasetError, UnknownChoiceError
from core.settings import limit, limit_remedy, limit_words


@dataclass(frozen=True, kw_only=True, slots=True)
class Unlabeled:
    """One input as it was found.

    Attributes:
        name: where it came from, as the person knows it; for display only.
        content: the bytes of an image file, or a text.
    """

    name: str
    content: bytes | str


@dataclass(frozen=True, kw_only=True, slots=True)
class UnlabeledReading:
    """A source about to be read.

    Attributes:
        n_expected: how many items there are at most, for progress.
        items: inputs and what cannot be one, always in the same order; read once, while the source is open.
    """

    n_expected: int
    items: Iterator[Unlabeled | Skipped]


def read_unlabeled(
    listing: Listing, modality: Modality, *, text_column: str | None = None, usual_column: str | None = None
) -> UnlabeledReading:
    """All inputs of a kind, wherever in the source they lie.

    Args:
        listing: the source, open.
        modality: what is wanted.
        text_column: the column of a table that holds the texts; None: `usual_column` where there is one of that name,
            else the column that looks most like texts.
        usual_column: what the column was called in the training data.

    Raises:
        DatasetError: the source holds nothing of the kind, or more than the settings allow.
        UnknownChoiceError: no table has the named column.
    """
    kinds = kinds_of(listing)
    if modality == "image":
        return _require_some(listing, modality, kinds["image"], _images(kinds["image"]))
    if [entry.suffix in TEXT_SUFFIXES for entry in listing.entries] == [True]:
        lines = list(_lines(listing.entries[0]))
        return _require_some(listing, modality, lines, iter(lines))
    tables, skipped = read_tables(kinds["table"])
    if text_column is not None and not any(text_column in table.columns for table in tables):
        raise UnknownChoiceError("column", text_column, tables[0].columns if tables else ())
    columns = [(table, _column_of(table, text_column, usual_column)) for table in tables]
    items = chain(skipped, *(_rows(table, column) for table, column in columns), _texts(kinds["text"]))
    n_rows = sum(table.n_rows + len(table.skipped) for table in tables) + len(kinds["text"])
    return _require_some(listing, modality, range(n_rows + len(skipped)), items)


def _require_some(
    listing: Listing, modality: Modality, found: Sequence[object], items: Iterator[Unlabeled | Skipped]
) -> UnlabeledReading:
    if not found:
        raise DatasetError(
            f'The model takes {modality}s; "{listing.name}" holds none.',
            "Choose images, or a folder or zip of them."
            if modality == "image"
            else "Choose a table with a column of texts, or text files.",
        )
    if len(found) > limit("samples"):
        raise DatasetError(
            f"Inputs scored together may be {limit_words('samples')}; here are {len(found):,}.",
            limit_remedy("samples", "Score them in parts"),
        )
    return UnlabeledReading(n_expected=len(found) + len(listing.skipped), items=chain(listing.skipped, items))


def _images(entries: Sequence[Entry]) -> Iterator[Unlabeled | Skipped]:
    for entry in entries:
        data = entry.read(MAX_FILE_BYTES)
        yield data if isinstance(data, Skipped) else Unlabeled(name=entry.name, content=data)


def _texts(entries: Sequence[Entry]) -> Iterator[Unlabeled | Skipped]:
    for entry in entries:
        data = entry.read(MAX_FILE_BYTES)
        yield data if isinstance(data, Skipped) else _text(entry.name, decode_text(data))


def _lines(entry: Entry) -> Iterator[Unlabeled | Skipped]:
    """Of a text file alone every line is a text."""
    data = entry.read(MAX_FILE_BYTES)
    if isinstance(data, Skipped):
        yield data
        return
    for number, line in enumerate(decode_text(data).splitlines(), start=1):
        if line.strip():
            yield _text(f"{entry.name} line {number}", line)


def _rows(table: Table, column: str | None) -> Iterator[Unlabeled | Skipped]:
    if column is None:
        yield Skipped(file=table.name, reason="it has no column of texts of that name")
        return
    yield from table.skipped
    for number, cell in zip(table.row_numbers, table.column(column), strict=True):
        yield _text(f"{table.name} row {number}", cell)


def _text(name: str, text: str | None) -> Unlabeled | Skipped:
    content = clean_text(text)
    return Unlabeled(name=name, content=content) if content else Skipped(file=name, reason=EMPTY_TEXT)


def _column_of(table: Table, named: str | None, usual: str | None) -> str | None:
    if named is not None:
        return named if named in table.columns else None
    if usual in table.columns:
        return usual
    samples = {name: [cell for cell in table.column(name)[:SAMPLE_ROWS] if cell] for name in table.columns}
    return max(samples, key=lambda name: text_score(name, samples[name]), default=None)
