import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.plots.text import count_text, plain_text, short_names


def test_markup_in_a_name_is_shown_as_it_was_typed():
    assert plain_text('<a href="x">tea & milk</a>') == '&lt;a href="x"&gt;tea &amp; milk&lt;/a&gt;'


def test_white_space_in_a_name_stays_on_one_line():
    assert plain_text(" two\nlines\tand  more ") == "two lines and more"


def test_long_names_keep_start_and_end():
    assert short_names(["card_payment_wrong_exchange_rate"], max_chars=16) == ["card_paym…e_rate"]


def test_entities_are_never_cut_in_half():
    assert short_names(["&" * 30], max_chars=5) == ["&amp;&amp;&amp;…&amp;"]


@given(st.lists(st.text(min_size=1, max_size=40), unique=True, max_size=12))
def test_short_names_are_all_different_so_that_no_two_classes_share_a_row(names):
    assert len(set(short_names(names, max_chars=8))) == len(names)


@pytest.mark.parametrize(
    ("n", "text"),
    [(0, "0"), (999, "999"), (1000, "1.0 k"), (999_949, "999.9 k"), (999_950, "1.0 M"), (25_557_032, "25.6 M")],
)
def test_counts_read_as_people_write_them(n, text):
    assert count_text(n) == text
