"""The map of stages by time: every part in every phase once, wide as the seconds, coloured by what happens to it."""

from dataclasses import replace

import pytest

from core.plots.palette import FROZEN, TRAINABLE
from core.plots.phase_timeline import describe_phases, plot_phases
from core.training.records import PartInPhase, PhaseStretch

STAGES = ("stem", "middle", "last")


def stretch(name, rates, *, head="steps", seconds=None, n_epochs=0, tensors="all"):
    stages = tuple(
        PartInPhase(name=stage, how="steps" if stage in rates else "frozen", learning_rate=rates.get(stage))
        for stage in STAGES
    )
    of_head = PartInPhase(name="head", how=head, learning_rate=1e-3 if head == "steps" else None)
    return PhaseStretch(name=name, n_epochs=n_epochs, seconds=seconds, tensors=tensors, parts=(*stages, of_head))


FIT = stretch("Fit the head", {}, head="solved", seconds=1.0)
TUNE = stretch("Fine-tune", {"last": 1e-4, "middle": 1e-5}, seconds=9.0, n_epochs=4)


def cells(figure):
    """(trace, row, start, end, opacity, words) of every cell."""
    return [
        (trace.name, row, start, start + width, opacity, words)
        for trace in figure.data
        for row, start, width, opacity, words in zip(
            trace.y, trace.base, trace.x, trace.marker.opacity, trace.hovertext, strict=True
        )
    ]


def test_every_part_stands_once_in_every_phase_frozen_trained_or_solved_for():
    found = sorted((start, row, name) for name, row, start, *_ in cells(plot_phases([FIT, TUNE])))
    first, second = found[:4], found[4:]
    assert [(row, name) for _, row, name in first] == [(0, "Frozen"), (1, "Frozen"), (2, "Frozen"), (3, "Solved")]
    assert [(row, name) for _, row, name in second] == [(0, "Frozen"), (1, "Trains"), (2, "Trains"), (3, "Trains")]
    colours = {trace.name: trace.marker.color for trace in plot_phases([FIT, TUNE]).data}
    assert colours == {"Frozen": FROZEN, "Trains": TRAINABLE, "Solved": TRAINABLE}


def test_a_phase_is_as_wide_as_its_seconds_and_none_vanishes():
    edges = sorted({(start, end) for _, _, start, end, *_ in cells(plot_phases([FIT, TUNE]))})
    (start, border), (after, end) = edges
    assert (start, after) == pytest.approx((0, 0.15 + 0.7 * 0.1))
    assert border < after
    assert end == pytest.approx(1, abs=0.01)
    quick = plot_phases([replace(FIT, seconds=0.0), replace(TUNE, seconds=600.0)])
    assert min(end - start for _, _, start, end, *_ in cells(quick)) > 0.1


def test_without_known_times_phases_are_equally_wide_and_width_is_not_said_to_mean_anything():
    unknown = plot_phases([FIT, replace(TUNE, seconds=None)])
    assert {round(start, 6) for _, _, start, *_ in cells(unknown)} == {0.0, 0.5}
    assert "wider" not in unknown.layout.xaxis.title.text
    assert "wider" in plot_phases([FIT, TUNE]).layout.xaxis.title.text


def test_smaller_steps_are_fainter_and_the_rate_is_said():
    told = {(name, row): (opacity, words) for name, row, _, _, opacity, words in cells(plot_phases([TUNE]))}
    assert told["Trains", 2][0] == told["Trains", 3][0] == 1
    assert told["Trains", 1][0] == pytest.approx(0.7)
    assert told["Trains", 1][1] == (
        "middle: trains<br>learning rate 1e-05 at most<br>1. Fine-tune, at most 4 epochs, about 9 s"
    )
    assert "rate" not in told["Frozen", 0][1]


@pytest.mark.parametrize("phases", [[FIT], [FIT, TUNE], [TUNE] * 6])
def test_another_strategy_changes_no_height_and_no_margin(phases):
    layout, usual = plot_phases(phases).layout, plot_phases([FIT, TUNE]).layout
    assert (layout.height, layout.margin) == (usual.height, usual.margin)
    assert layout.xaxis.title.text.count("<br>") == 1
    assert layout.xaxis.ticktext == tuple(str(number + 1) for number in range(len(phases)))


def test_of_a_deep_network_not_all_stages_are_named_but_the_head_is():
    parts = tuple(PartInPhase(name=f"block.{n}", how="frozen") for n in range(60))
    figure = plot_phases([replace(FIT, parts=(*parts, FIT.parts[-1]))])
    assert figure.layout.height < 400
    assert len(figure.layout.yaxis.ticktext) < 20
    assert figure.layout.yaxis.ticktext[-1] == "head"


def test_names_are_never_markup():
    odd = replace(TUNE, name="<b>tune</b>", parts=(PartInPhase(name="<i>stem</i>", how="frozen"), TUNE.parts[-1]))
    figure = plot_phases([odd])
    assert "<i>" not in str(figure.layout.yaxis.ticktext)
    assert not any("<b>" in words or "<i>" in words for *_, words in cells(figure))


def test_words_say_what_trains_in_each_phase():
    assert describe_phases([FIT, TUNE]) == (
        "What trains in each phase. 1. Fit the head: all stages are frozen, the head is solved for; "
        "2. Fine-tune: all weights train in 2 of 3 stages (middle to last), the head trains."
    )
    parts = stretch("Fine-tune", {"last": 1e-3}, tensors="norms-and-biases")
    assert "norms and biases train in 1 of 3 stages (last)" in describe_phases([parts])
