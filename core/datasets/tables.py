"""Tables in a source: told by their content, read by their reader, turned into samples."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from core.datasets.columns import ColumnChoice, choose_columns
from core.datasets.entries import Entry
from core.datasets.naming import RawSample, clean_class_name, split_hinted, split_named
from core.datasets.readers.delimited import read_delimited
from core.datasets.readers.excel import read_excel
from core.datasets.readers.json_rows import read_json
from core.datasets.readers.parquet import read_parquet
from core.datasets.readers.table import Cells, Table
from core.datasets.records import Skipped, SplitName
from core.errors import DatasetError, UnknownChoiceError
from core.settings import limit

MAX_BLANKS = 100_000
"""At the beginning of a text; only so many are passed over."""

EMPTY_TEXT = "it has no text"
NO_LABEL = "it has no label"


def read_table(entry: Entry, *, has_header: bool | None = None) -> Table | Skipped:
    """The table in one file, whatever its name says; Skipped where the file cannot be read at all."""
    data = entry.read(limit("table"))
    if isinstance(data, Skipped):
        return data
    if data.startswith(b"PAR1"):
        return read_parquet(data, entry.name)
    if data.startswith(b"PK\x03\x04"):
        return read_excel(data, entry.name, has_header=has_header)
    if data.startswith(b"\xd0\xcf\x11\xe0"):
        return Skipped(file=entry.name, reason="an old or protected Excel file; save it as .xlsx or CSV")
    if entry.suffix in {".json", ".jsonl", ".ndjson"} or data.lstrip(b"\xef\xbb\xbf \r\n\t")[:2] in {b'{"', b"[{"}:
        return read_json(data, entry.name)
    return read_delimited(data, entry.name, has_header=has_header)


def read_tables(entries: Sequence[Entry], *, has_header: bool | None = None) -> tuple[list[Table], list[Skipped]]:
    """All tables of a source, the one for training first, and the files that are none."""
    tables: list[Table] = []
    skipped: list[Skipped] = []
    for entry in entries:
        try:
            found = read_table(entry, has_header=has_header)
        except DatasetError as error:
            if len(entries) == 1:
                raise
            found = Skipped(file=entry.name, reason=error.problem)
        if isinstance(found, Skipped):
            skipped.append(found)
        elif found.n_rows or len(entries) == 1:
            tables.append(found)
        else:
            skipped.append(Skipped(file=entry.name, reason="the table has no rows"))
    splits = _splits_by_name(tables)
    tables.sort(key=lambda table: splits.get(table.name) != "train")
    return tables, skipped


def table_samples(tables: Sequence[Table], choice: ColumnChoice) -> Iterator[RawSample | Skipped]:
    """Samples of all tables that have the chosen columns; of several, names like "test.csv" give the split."""
    splits = _splits_by_name(tables)
    for table in tables:
        missing = [name for name in (choice.text_column, choice.label_column) if name not in table.columns]
        if missing:
            yield Skipped(file=table.name, reason=f'it has no column "{missing[0]}"')
        elif splits and table.name not in splits:
            yield Skipped(file=table.name, reason="its name says none of train, val and test, as the other tables do")
        else:
            yield from table.skipped
            yield from _rows(table, choice, splits.get(table.name))


def require_columns(table: Table, choice: tuple[str, ...], *, group_column: str = "") -> ColumnChoice:
    """The columns another table was read with, required of this one; raises UnknownChoiceError with the nearest.

    Args:
        table: this one.
        choice: the text and the label column.
        group_column: taken where the table has it.
    """
    text_column, label_column = choice
    group = group_column if group_column in table.columns else None
    try:
        return choose_columns(table, text_column=text_column, label_column=label_column, group_column=group)
    except UnknownChoiceError as error:
        raise DatasetError(
            f'The table must have the columns "{text_column}" and "{label_column}"; "{table.name}" has '
            f"{', '.join(table.columns)}. {error.problem}",
            error.remedy,
        ) from error


def _splits_by_name(tables: Sequence[Table]) -> dict[str, SplitName]:
    """The split each table's name hints at, where train and another one are among them; empty otherwise."""
    hints = {table.name: split_hinted(table.name.rpartition(".")[0]) for table in tables}
    found = {name: split for name, split in hints.items() if split}
    return found if "train" in found.values() and len(set(found.values())) > 1 else {}


def _rows(table: Table, choice: ColumnChoice, split: SplitName | None) -> Iterator[RawSample | Skipped]:
    texts, labels = table.column(choice.text_column), table.column(choice.label_column)
    has_splits = choice.split_column in table.columns
    splits: Cells = table.column(choice.split_column) if has_splits and choice.split_column else [None] * table.n_rows
    split_of = {cell: split_named(cell) if cell and cell.strip() else split for cell in set(splits)}
    has_groups = choice.group_column in table.columns
    groups: Cells = table.column(choice.group_column) if has_groups and choice.group_column else [None] * table.n_rows
    for number, text, label, cell, group in zip(table.row_numbers, texts, labels, splits, groups, strict=True):
        source = f"{table.name} row {number}"
        content = clean_text(text)
        class_name = clean_class_name(label) if label else ""
        if not content:
            yield Skipped(file=source, reason=EMPTY_TEXT)
        elif not class_name:
            yield Skipped(file=source, reason=NO_LABEL)
        elif cell and cell.strip() and split_of[cell] is None:
            yield Skipped(file=source, reason=f'its split "{cell[:40]}" is none of train, val and test')
        else:
            yield RawSample(
                content=content,
                class_name=class_name,
                split=split_of[cell],
                source=source,
                group=(group or "").strip() or None,
            )


def clean_text(text: str | None) -> str:
    """A text as it is kept: without outer blanks, storable as UTF-8, of bounded length; empty where there is none."""
    content = (text or "")[: limit("text") + MAX_BLANKS].strip()[: limit("text")]
    # Lone surrogates, which JSON can spell, are no characters and cannot be written.
    return content if content.isascii() else content.encode("utf-8", "replace").decode("utf-8")
