"""Excel workbooks (.xlsx): the first sheet that holds anything."""

from __future__ import annotations

import io
import struct
import zipfile
import zlib
from collections.abc import Iterable
from itertools import islice
from typing import Any

from core.datasets.readers.table import Table, build_table, cell_text, require_size
from core.errors import DatasetError
from core.settings import MAX_COMPRESSION_RATIO, MB, limit, limit_remedy, limit_words

_DAMAGE = (
    OSError,
    ArithmeticError,
    AttributeError,
    EOFError,
    LookupError,
    MemoryError,
    RuntimeError,
    SyntaxError,
    TypeError,
    ValueError,
    struct.error,
    zipfile.BadZipFile,
    zlib.error,
)
"""What openpyxl raises for workbooks that are not what they claim."""

EXCEL_ROWS = 2**20
"""What Excel itself has; a workbook may speak of more."""

MAX_BARE_BYTES = 50 * MB
"""What a part may unpack to, however small it is: empty rows shrink a thousandfold."""


def read_excel(data: bytes, name: str, *, has_header: bool | None = None) -> Table:
    """The table on the first sheet with cells; formulas give their last computed value.

    Raises:
        DatasetError: it is damaged, or unpacks to more than the settings allow.
    """
    try:
        _require_sane_size(data, name)
        rows = _first_filled_sheet(data, name)
    except _DAMAGE as error:
        raise DatasetError(
            f'The workbook "{name}" cannot be read.', "Save it again as .xlsx, or as CSV, and retry."
        ) from error
    width = max((len(row) for row in rows), default=0)
    require_size(name, n_columns=width, n_rows=sum(map(bool, rows)))
    # blank rows stay as they are: only their number counts, and the far corner of a sheet lies behind a million
    padded = [[*row, *[None] * (width - len(row))] if row else row for row in rows]
    return build_table(padded, name, has_header=has_header)


def _require_sane_size(data: bytes, name: str) -> None:
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        parts = archive.infolist()
    n_bytes = sum(part.file_size for part in parts)
    if n_bytes > limit("table"):
        raise DatasetError(
            f'A workbook may unpack to {limit_words("table")}; "{name}" claims {n_bytes / MB:,.0f} MB.',
            limit_remedy("table", "Save the table as Parquet"),
        )
    if any(part.file_size > max(MAX_BARE_BYTES, MAX_COMPRESSION_RATIO * part.compress_size) for part in parts):
        raise DatasetError(
            f'A part of a workbook may unpack to {MAX_COMPRESSION_RATIO} times its size; "{name}" has one that claims '
            "more.",
            "Save the table as CSV or Parquet.",
        )


def _first_filled_sheet(data: bytes, name: str) -> list[list[str | None]]:
    from openpyxl import load_workbook

    book = load_workbook(io.BytesIO(data), read_only=True, data_only=True)
    for sheet in book.worksheets:
        # Some programs write a wrong extent, which would hide rows.
        sheet.reset_dimensions()
        rows = _filled(sheet.iter_rows(values_only=True), name)
        if any(rows):
            return rows
    return []


def _filled(sheet: Iterable[tuple[Any, ...]], name: str) -> list[list[str | None]]:
    """Rows up to the last cell that holds something; refused as soon as there are too many."""
    n_filled, n_cells, blank = 0, 0, list[str | None]()
    rows: list[list[str | None]] = []
    for cells in islice(sheet, EXCEL_ROWS):
        row = _trimmed([cell_text(cell) for cell in cells]) or blank
        rows.append(row)
        n_filled += bool(row)
        n_cells += len(row)
        require_size(name, n_columns=len(row), n_rows=n_filled, n_cells=n_cells)
    return rows


def _trimmed(row: list[str | None]) -> list[str | None]:
    while row and not row[-1]:
        row.pop()
    return row
