import csv
import io

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.datasets.readers.delimited import read_delimited, sniff_separator

# Surrogates cannot be written; zeros would look like UTF-16, and a byte-order mark is no text.
cells = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0\ufeff"), min_size=1)


@given(st.lists(st.tuples(cells, cells), min_size=1), st.sampled_from(",\t;|"))
def test_whatever_is_written_is_read(rows, separator):
    file = io.StringIO(newline="")
    writer = csv.writer(file, delimiter=separator)
    writer.writerows([("text", "label"), *rows])
    table = read_delimited(file.getvalue().encode(), "t.csv", has_header=True)
    assert table.columns == ("text", "label")
    assert list(zip(*table.cells, strict=True)) == rows
    assert table.skipped == ()


@given(st.binary(max_size=300))
def test_any_bytes_give_some_table(data):
    table = read_delimited(data, "t.csv")
    assert all(len(column) == table.n_rows for column in table.cells)


@pytest.mark.parametrize("separator", [",", "\t", ";", "|"])
def test_the_separator_is_told_from_the_rows(separator):
    lines = ["text", "label"], ["Hello, you; there | now", "a"], ['She said "no"', "b"]
    file = io.StringIO()
    csv.writer(file, delimiter=separator).writerows(lines)
    assert sniff_separator(file.getvalue()) == separator


def test_quoted_line_breaks_stay_in_their_cell():
    table = read_delimited(b'text,label\r\n"one\r\ntwo",a\r\nthree,b\r\n', "t.csv")
    assert table.cells == (["one\r\ntwo", "three"], ["a", "b"])


def test_quotes_that_quote_nothing_are_characters():
    table = read_delimited(b'text\tlabel\n"Oh no\ta\n5" disk\tb\nfine\ta\n', "t.tsv")
    assert table.cells == (['"Oh no', '5" disk', "fine"], ["a", "b", "a"])


def test_rows_of_another_width_are_listed_and_short_ones_are_filled():
    table = read_delimited(b"text,label\nfine,a\none,two,b\n\nshort\ntrailing,c,,\n", "t.csv")
    assert table.cells == (["fine", "short", "trailing"], ["a", None, "c"])
    assert [item.file for item in table.skipped] == ["t.csv row 3"]


def test_a_table_without_header_is_told_by_labels_that_come_again():
    table = read_delimited(b"I love it,good\nI hate it,bad\nNice,good\n", "t.csv")
    assert table.columns == ("column 1", "column 2")
    assert table.n_rows == 3
    assert read_delimited(b"1,I love it\n0,I hate it\n", "t.csv").n_rows == 2


def test_a_header_with_unknown_names_stays_a_header():
    table = read_delimited(b"frage,gruppe\nWo ist es?,a\nWann?,b\n", "t.csv")
    assert table.columns == ("frage", "gruppe")


def test_columns_of_the_same_name_are_told_apart():
    assert read_delimited(b"text,text,\na,b,c\n", "t.csv").columns == ("text", "text 2", "column 3")


def test_a_text_longer_than_pythons_own_limit_is_read():
    table = read_delimited(b"text,label\n" + b"x" * 200_000 + b",a\n", "t.csv")
    assert len(table.cells[0][0]) == 200_000
