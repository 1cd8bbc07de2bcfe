"""Accuracy against seconds, a point per run."""

import pytest

from core.evaluation.records import Interval
from core.plots.scores_over_time import RunPoint, describe_scores_over_time, plot_scores_over_time

SLOW = RunPoint(mark="A", name="A Everything", seconds=40.0, accuracy=Interval(value=0.9, low=0.84, high=0.94))
QUICK = RunPoint(mark="B", name="B Head", seconds=2.0, accuracy=Interval(value=1.0, low=None, high=None, why="few"))


def test_every_run_is_a_point_with_its_letter_and_interval() -> None:
    slow, quick = plot_scores_over_time([SLOW, QUICK]).data
    assert (slow.x[0], slow.y[0], slow.text[0], slow.name) == (40.0, 0.9, "A", "A Everything")
    assert slow.error_y.array[0] == pytest.approx(0.04)
    assert slow.error_y.arrayminus[0] == pytest.approx(0.06)
    assert (quick.error_y.array[0], quick.error_y.arrayminus[0]) == (0.0, 0.0)


def test_the_axis_of_factors_has_room_on_both_sides() -> None:
    low, high = plot_scores_over_time([SLOW, QUICK]).layout.xaxis.autorangeoptions.include
    assert low < 2.0
    assert high > 40.0


def test_words_begin_with_the_quickest() -> None:
    assert describe_scores_over_time([SLOW, QUICK]).endswith("B Head: 100.0% in 2.0 s; A Everything: 90.0% in 40.0 s.")
