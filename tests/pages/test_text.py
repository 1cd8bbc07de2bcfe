"""Words of other people stay words."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pages.components.text import WORD_JOINER, escape_markdown, shorten


@pytest.mark.parametrize(
    "hostile",
    [
        "![x](http://evil.example/x.png)",
        "<b>",
        "**b**",
        "# head",
        ":red[x]",
        "$x$",
        "`code`",
        "| a |",
        "1. list",
        "~~x~~",
    ],
)
def test_no_sign_of_markup_is_left_bare(hostile: str) -> None:
    escaped = escape_markdown(hostile)
    for place, char in enumerate(escaped):
        if char in "`*_{}[]<>()#+!|~:$^=&":
            assert escaped[place - 1] == "\\"


@pytest.mark.parametrize("address", ["http://evil.example", "www.evil.example", "a@evil.example", "a -> b", "a -- b"])
def test_what_would_be_replaced_later_is_parted_without_a_visible_change(address: str) -> None:
    escaped = escape_markdown(address)
    assert WORD_JOINER in escaped
    assert escaped.replace("\\", "").replace(WORD_JOINER, "") == address


def test_lines_and_indentation_become_one_line() -> None:
    assert escape_markdown("    code\n\n# head") == "code \\# head"


@given(st.text(alphabet=st.characters(codec="utf-8", exclude_characters="\\" + WORD_JOINER)))
def test_escaping_loses_no_character_but_white_space(text: str) -> None:
    assert escape_markdown(text).replace("\\", "").replace(WORD_JOINER, "") == " ".join(text.split())


def test_a_long_name_is_cut_and_a_short_one_kept() -> None:
    assert shorten("abc", 3) == "abc"
    assert shorten("abcd", 3) == "ab…"
