import math

import pytest

from core.exporting.svg import Plane, drawing, element, round_marks, text


def test_texts_and_attributes_are_escaped_and_elements_are_not():
    inner = element("title", '<b> & "x"', class_='a"b')
    assert inner == '<title class="a&#34;b">&lt;b&gt; &amp; &#34;x&#34;</title>'
    assert element("g", inner) == f"<g>{inner}</g>"


def test_a_drawing_has_its_meaning_in_words():
    assert 'role="img" aria-label="a &lt;b&gt;"' in drawing(10, 20, label="a <b>")


def test_attributes_are_written_as_svg_names_them():
    assert element("line", stroke_width=2.0, class_="x") == '<line stroke-width="2" class="x"></line>'


def test_turned_words_run_upwards_from_their_place():
    assert 'transform="rotate(-90 5 7.5)"' in text(5, 7.5, "up", turned=True)


@pytest.mark.parametrize(
    ("low", "high", "marks"),
    [(0, 1, [0, 0.2, 0.4, 0.6, 0.8, 1]), (0.85, 1, [0.85, 0.9, 0.95, 1.0]), (1, 1, [1]), (0, math.inf, [0])],
)
def test_marks_are_round_numbers_within_the_range(low, high, marks):
    assert round_marks(low, high) == pytest.approx(marks)


def test_a_plane_puts_its_borders_where_they_belong_and_up_is_more():
    plane = Plane(width=100, height=80, x_range=(0, 10), y_range=(0, 1))
    assert (plane.x(0), plane.x(10)) == (plane.left, 100 - plane.right)
    assert (plane.y(0), plane.y(1)) == (80 - plane.bottom, plane.top)


def test_a_number_that_is_none_leaves_a_gap_instead_of_breaking_the_drawing():
    plane = Plane(width=100, height=80, x_range=(0, 2), y_range=(0, 1))
    assert "nan" not in plane.path([(0, 0.5), (1, math.nan), (2, math.inf)], "val")
