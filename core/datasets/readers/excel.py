"""Excel workbooks (.xlsx): the first sheet that holds anything."""

from __future__ import annotations

import io
import zipfile

from core.datasets.readers.table import Table, build_table, cell_text
from core.errors import DatasetError

MAX_UNPACKED_BYTES = 2 * 1024**3

_DAMAGE = (OSError, ValueError, KeyError, TypeError, AttributeError, IndexError, SyntaxError, zipfile.BadZipFile)
"""What openpyxl raises for workbooks that are not what they claim."""


def read_excel(data: bytes, name: str, *, has_header: bool | None = None) -> Table:
    """The table on the first sheet with cells; formulas give their last computed value."""
    try:
        _require_sane_size(data, name)
        rows = _first_filled_sheet(data)
    except _DAMAGE as error:
        raise DatasetError(
            f'The workbook "{name}" cannot be read.', "Save it again as .xlsx, or as CSV, and retry."
        ) from error
    width = max((len(row) for row in rows), default=0)
    padded = [[*row, *[None] * (width - len(row))] for row in rows]
    return build_table(padded, name, has_header=has_header)


def _require_sane_size(data: bytes, name: str) -> None:
    with zipfile.ZipFile(io.BytesIO(data)) as parts:
        n_bytes = sum(part.file_size for part in parts.infolist())
    if n_bytes > MAX_UNPACKED_BYTES:
        raise DatasetError(
            f'A workbook may hold up to {MAX_UNPACKED_BYTES // 1024**3} GB unpacked; "{name}" claims '
            f"{n_bytes / 1024**3:.1f} GB.",
            "Save the table as CSV or Parquet.",
        )


def _first_filled_sheet(data: bytes) -> list[list[str | None]]:
    from openpyxl import load_workbook

    book = load_workbook(io.BytesIO(data), read_only=True, data_only=True)
    for sheet in book.worksheets:
        # Some programs write a wrong extent, which would hide rows.
        sheet.reset_dimensions()
        rows = [_trimmed([cell_text(cell) for cell in row]) for row in sheet.iter_rows(values_only=True)]
        if any(rows):
            return rows
    return []


def _trimmed(row: list[str | None]) -> list[str | None]:
    while row and not row[-1]:
        row.pop()
    return row
