import io

import pytest
from openpyxl import Workbook

from core.datasets.readers.excel import read_excel
from core.errors import DatasetError


def workbook(rows):
    book = Workbook()
    book.active.title = "empty"
    sheet = book.create_sheet("data")
    for row in rows:
        sheet.append(row)
    file = io.BytesIO()
    book.save(file)
    return file.getvalue()


def test_the_first_filled_sheet_is_read_with_numbers_as_words():
    data = workbook([["text", "label"], ["a\nb", 1], ["c", 2.0], [None, None], ["d", None]])
    table = read_excel(data, "t.xlsx")
    assert table.columns == ("text", "label")
    assert table.cells == (["a\nb", "c", "d"], ["1", "2", None])
    assert list(table.row_numbers) == [2, 3, 5]


@pytest.mark.parametrize("data", [b"PK\x03\x04 nothing", b"", workbook([["a"]])[:2000]])
def test_a_damaged_workbook_is_refused(data):
    with pytest.raises(DatasetError, match="cannot be read"):
        read_excel(data, "t.xlsx")


def test_an_empty_workbook_has_no_rows():
    assert read_excel(workbook([]), "t.xlsx").n_rows == 0
