"""The one way tables leave as CSV: nothing that a person typed is run by the spreadsheet that opens it."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Sequence
from typing import TextIO

ENCODING = "utf-8-sig"
"""UTF-8 with a byte-order mark, by which spreadsheets know it."""

FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r", "\n")

_MARK = "'"


def write_table(out: TextIO, rows: Iterable[Sequence[str]]) -> None:
    """Writes rows of cells, all of them neutral.

    Args:
        out: opened with `newline=""`.
        rows: the header first.
    """
    csv.writer(out).writerows([neutral_cell(cell) for cell in row] for row in rows)


def table_csv(rows: Iterable[Sequence[str]]) -> bytes:
    """The same as the bytes of a file; half a surrogate pair, which JSON can spell, becomes a question mark."""
    out = io.StringIO(newline="")
    write_table(out, rows)
    return out.getvalue().encode(ENCODING, errors="replace")


def neutral_cell(cell: str) -> str:
    """The cell, led by an apostrophe where a spreadsheet would run it as a formula (OWASP, CSV injection).

    A cell that begins with an apostrophe itself gets one, too, so that `plain_cell` can always take it back.
    """
    return _MARK + cell if cell.startswith((*FORMULA_STARTS, _MARK)) else cell


def plain_cell(cell: str) -> str:
    """What a cell was before `neutral_cell`: one apostrophe at its beginning goes."""
    return cell.removeprefix(_MARK)
