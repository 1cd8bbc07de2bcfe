"""Tables as CSV: nothing runs, and nothing is lost."""

import csv
import io

import pytest

from core.exporting.spreadsheet import neutral_cell, plain_cell, write_table

CELLS = ("=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1", "\n=1", "'=1", "''", "'tis", "plain", "", " =1", "a=1")


@pytest.mark.parametrize("cell", CELLS)
def test_a_cell_is_neutral_and_can_be_had_back(cell):
    neutral = neutral_cell(cell)
    assert not neutral.startswith(("=", "+", "-", "@", "\t", "\r", "\n"))
    assert plain_cell(neutral) == cell


def test_headers_and_cells_of_a_table_are_neutral():
    out = io.StringIO(newline="")
    write_table(out, [["=head"], *[[cell] for cell in CELLS]])
    rows = list(csv.reader(io.StringIO(out.getvalue(), newline="")))
    assert rows[0] == ["'=head"]
    assert [plain_cell(row[0]) if row else "" for row in rows[1:]] == list(CELLS)
