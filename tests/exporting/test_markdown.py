import pytest

from core.exporting.markdown import escape_markdown, markdown_table


@pytest.mark.parametrize(
    ("text", "written"),
    [
        ("card_arrival", "card\\_arrival"),
        ("![x](y)", "\\!\\[x\\](y)"),
        ("a|b", "a\\|b"),
        ("<b> & $1$", "\\<b\\> \\& \\$1\\$"),
        ("two\nlines", "two lines"),
        ("- list", "\u2060- list"),
        ("1. list", "\u20601. list"),
        ("2026", "2026"),
        ("95.0–98.7", "95.0–98.7"),
    ],
)
def test_markup_is_shown_and_plain_words_stay_readable(text, written):
    assert escape_markdown(text) == written


@pytest.mark.parametrize("address", ["http://evil.example", "www.evil.example", "WWW.evil.example", "me@evil.example"])
def test_addresses_are_parted_so_that_nothing_links_them(address):
    assert address not in escape_markdown(address)
    assert escape_markdown(address).replace("\u2060", "") == address


def test_a_table_has_as_many_columns_as_its_header_whatever_its_cells_hold():
    table = markdown_table(["A", "B"], [["x|y", "z"]])
    assert table.splitlines() == ["| A | B |", "|---|---|", "| x\\|y | z |"]
