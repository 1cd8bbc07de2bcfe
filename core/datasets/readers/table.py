"""The one table every tabular format is read into: named columns of texts."""

from __future__ import annotations

import math
from array import array
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import chain, islice, zip_longest

from core.datasets.naming import clean_class_name, split_named
from core.datasets.records import Skipped
from core.errors import DatasetError
from core.settings import limit, limit_remedy, limit_words

TEXT_NAMES = frozenset(
    [
        "text",
        "texts",
        "sentence",
        "sentences",
        "review",
        "reviews",
        "message",
        "messages",
        "content",
        "body",
        "comment",
        "comments",
        "tweet",
        "question",
        "query",
        "utterance",
        "title",
        "description",
        "document",
        "headline",
        "news",
        "article",
        "input",
        "sms",
        "email",
        "phrase",
        "prompt",
    ]
)
LABEL_NAMES = frozenset(
    [
        "label",
        "labels",
        "category",
        "categories",
        "class",
        "classes",
        "target",
        "intent",
        "sentiment",
        "topic",
        "emotion",
        "tag",
        "rating",
        "stars",
        "polarity",
        "output",
        "y",
        "department",
        "status",
        "type",
    ]
)
SPLIT_COLUMN_NAMES = frozenset({"split", "set", "subset", "fold", "partition"})
HEADER_NAMES = TEXT_NAMES | LABEL_NAMES | SPLIT_COLUMN_NAMES | {"id", "index", "idx"}

ROWS_LOOKED_AT = 5001
"""The first rows, which tell whether one of them is a header."""

MAX_COLUMNS = 16_384
"""As many as a sheet of Excel has."""

MAX_CELLS = 100_000_000
"""A cell takes 8 bytes even where it is empty."""

Cells = list[str | None]


@dataclass(frozen=True, kw_only=True, slots=True)
class Table:
    """One table as read.

    Attributes:
        name: the file it came from, for display.
        columns: names, unique and never empty, in file order.
        cells: one list per column, each of length n_rows; None where there is no value.
        row_numbers: of each row, as a spreadsheet counts them (a header is row 1), shape (n_rows,).
        skipped: rows that could not be read.
        has_header: whether the names come from the file.
    """

    name: str
    columns: tuple[str, ...]
    cells: tuple[Cells, ...]
    row_numbers: Sequence[int]
    skipped: tuple[Skipped, ...] = ()
    has_header: bool = True

    @property
    def n_rows(self) -> int:
        """Rows that could be read."""
        return len(self.row_numbers)

    def column(self, name: str) -> Cells:
        """The cells of one column."""
        return self.cells[self.columns.index(name)]


def build_table(rows: Iterable[Sequence[str | None]], name: str, *, has_header: bool | None = None) -> Table:
    """A table from rows of cells, the first of them the header unless it can be told that there is none.

    Args:
        rows: from the first line on, read once; blank rows may be among them.
        name: the file they came from.
        has_header: None decides by `looks_headerless`.
    """
    numbered = ((number, row) for number, row in enumerate(rows, start=1) if any(row))
    start = list(islice(numbered, ROWS_LOOKED_AT))
    if not start:
        return Table(name=name, columns=(), cells=(), row_numbers=())
    if has_header is None:
        has_header = not looks_headerless([row for _, row in start])
    width = len(start[0][1])
    require_size(name, n_columns=width, n_rows=len(start))
    columns = name_columns(start[0][1] if has_header else [None] * width)
    cells: tuple[Cells, ...] = tuple([] for _ in columns)
    max_rows = min(limit("samples"), MAX_CELLS // max(1, width))
    numbers = array("q")
    skipped: list[Skipped] = []
    for number, row in chain(start[1:] if has_header else start, numbered):
        if len(row) > width and any(row[width:]):
            reason = f"it has {len(row)} cells where the table has {width} columns"
            skipped.append(Skipped(file=f"{name} row {number}", reason=reason))
            continue
        for column, cell in zip_longest(cells, row[:width]):
            column.append(cell)
        numbers.append(number)
        if len(numbers) > max_rows:
            require_size(name, n_columns=width, n_rows=len(numbers))
    return Table(
        name=name,
        columns=columns,
        cells=cells,
        row_numbers=numbers,
        skipped=tuple(skipped),
        has_header=has_header,
    )


def require_size(name: str, *, n_columns: int, n_rows: int, n_cells: int | None = None) -> None:
    """Raises DatasetError where a table has more rows, columns or cells than can be read."""
    if n_rows > limit("samples"):
        raise DatasetError(
            f'A table may have {limit_words("samples")}, one a row; "{name}" has more.',
            limit_remedy("samples", "Use a part of the rows"),
        )
    if n_columns > MAX_COLUMNS or (n_columns * n_rows if n_cells is None else n_cells) > MAX_CELLS:
        raise DatasetError(
            f"A table may have {MAX_COLUMNS:,} columns and {MAX_CELLS:,} cells; "
            f'"{name}" has {n_columns:,} columns and {n_rows:,} rows.',
            "Keep the columns of texts and labels, and leave the others away.",
        )


def looks_headerless(rows: Sequence[Sequence[str | None]]) -> bool:
    """Whether the first row is already a sample: one of its cells comes again below, or is a number among numbers."""
    first, below = rows[0], rows[1:ROWS_LOOKED_AT]
    for place, cell in enumerate(first):
        column = {row[place] for row in below if len(row) > place}
        if not cell or not column:
            continue
        if cell.strip().lower() in HEADER_NAMES and cell not in column:
            return False
    for place, cell in enumerate(first):
        column = {row[place] for row in below if len(row) > place}
        if cell and column and (cell in column or (_is_number(cell) and all(map(_is_number, column)))):
            return True
    return False


def name_columns(names: Sequence[str | None]) -> tuple[str, ...]:
    """Unique, clean column names; "column 3" where the third has none."""
    unique: dict[str, None] = {}
    copies: Counter[str] = Counter()
    for place, name in enumerate(names, start=1):
        shown = base = clean_class_name(name or "") or f"column {place}"
        while shown in unique:
            copies[base] += 1
            shown = f"{base} {copies[base] + 1}"
        unique[shown] = None
    return tuple(unique)


def cell_text(value: object) -> str | None:
    """A typed cell as text: 1.0 is "1", missing values are None, and so are lists and other nests."""
    if value is None or isinstance(value, str):
        return value
    if isinstance(value, float):
        if math.isnan(value):
            return None
        return str(int(value)) if value.is_integer() else str(value)
    return None if isinstance(value, (list, dict, tuple, bytes)) else str(value)


def is_split_column(name: str, cells: Cells) -> bool:
    """Whether a column says which split each row belongs to: by its name, and by most of its values."""
    if name.strip().lower() not in SPLIT_COLUMN_NAMES:
        return False
    named = [cell for cell in cells if cell and cell.strip()]
    return 2 * sum(split_named(cell) is not None for cell in named) > len(named)


def _is_number(cell: str | None) -> bool:
    try:
        float(cell or "")
    except ValueError:
        return False
    return True
