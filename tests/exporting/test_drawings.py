"""The drawings of the page: what they show, in numbers that can be read off them."""

import re
from dataclasses import replace

import numpy as np
import pytest

from core.evaluation.records import Interval
from core.exporting.curve_drawing import draw_curves
from core.exporting.interval_drawing import draw_coverage, draw_interval, draw_reliability
from core.exporting.matrix_drawing import MOST_CONFUSED, classes_drawn, draw_matrix
from core.exporting.stage_drawing import draw_stages
from tests.exporting.facts import history, run_facts


@pytest.mark.parametrize("what", ["Loss", "Macro-F1"])
def test_curves_show_every_epoch_twice_and_where_the_second_phase_begins(what):
    drawn = draw_curves(history(), what)
    assert drawn.count("<circle") == 10
    assert "Fine-tune &lt;b&gt;" in drawn
    assert "Epoch (rounds of the solver first)" in drawn


def test_an_epoch_that_was_told_twice_counts_as_it_was_told_last():
    events = history()
    again = replace(events[-1], val_loss=0.123)
    assert "validation at 0.123" in draw_curves((*events, again), "Loss")
    assert draw_curves((*events, again), "Loss").count("<circle") == 10


def test_a_run_without_an_epoch_has_no_curves():
    assert draw_curves((), "Loss") == ""


def test_a_loss_that_ran_away_is_left_out():
    events = history()
    assert "nan" not in draw_curves((*events[:-1], replace(events[-1], val_loss=float("nan"))), "Loss").split(">", 1)[1]


def test_the_matrix_has_a_cell_with_its_number_for_everything_that_happened():
    drawn = draw_matrix([[8, 2, 0], [0, 5, 0], [1, 0, 9]], ["a<b>", "b", "c"])
    cells = re.findall(r"<title>(.*?)</title>", drawn)
    assert len(cells) == 5
    assert "a&lt;b&gt;, called b: 2 of 10 (20.0%)" in cells
    assert drawn.count('class="hit"') == 3
    assert "23 of" not in drawn
    assert "22 of 25 samples are right" in drawn


def test_of_very_many_classes_those_with_the_most_mistakes_are_drawn_in_their_order():
    n = 150
    matrix = np.diag(np.full(n, 10))
    for label in range(90, n):
        matrix[label, label - 90] = 1 + label
    drawn = classes_drawn(matrix.tolist())
    assert len(drawn) == MOST_CONFUSED
    assert drawn == sorted(drawn)
    assert n - 1 in drawn
    assert classes_drawn(np.eye(77).tolist()) == list(range(77))


def test_names_of_many_classes_stay_apart_from_their_cells_and_within_the_drawing():
    names = [f"a_rather_long_class_name_{number}" for number in range(77)]
    drawn = draw_matrix(np.eye(77, dtype=int).tolist(), names)
    width = float(re.search(r'viewBox="0 0 ([\d.]+)', drawn)[1])
    assert 700 < width < 1400
    assert "…" in drawn


def test_an_interval_is_drawn_from_its_lower_to_its_upper_bound():
    drawn = draw_interval(Interval(value=0.75, low=0.5, high=1.0), lowest=0.5)
    spread = re.search(r'<line x1="([\d.]+)" y1="6" x2="([\d.]+)" y2="6" class="spread"', drawn)
    assert (float(spread[1]), float(spread[2])) == (4.0, 126.0)
    assert 'cx="65"' in drawn
    assert "95 % interval 0.500 to 1.000" in drawn


def test_a_number_without_an_interval_is_a_dot():
    assert "spread" not in draw_interval(Interval(value=0.5, low=None, high=None, why="few"))


def test_reliability_has_a_dot_per_group_and_coverage_ends_where_everything_is_answered():
    found = run_facts().headline.calibration
    assert draw_reliability(found).count("<circle") == len(found.reliability)
    assert f"{found.coverage[-1].accuracy.value:.3f} where everything is answered" in draw_coverage(found)


def test_stages_are_coloured_by_whether_they_train_and_fit_into_the_drawing():
    drawn = draw_stages(run_facts().model.stages)
    assert (drawn.count('class="frozen"'), drawn.count('class="learns"')) == (1, 2)
    width = float(re.search(r'viewBox="0 0 ([\d.]+)', drawn)[1])
    right = max(float(x) + float(w) for x, w in re.findall(r'x="([\d.]+)" y="4" width="([\d.]+)"', drawn))
    assert right <= width + 0.2
