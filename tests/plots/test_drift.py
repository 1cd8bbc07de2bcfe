"""How far stages went, drawn and told."""

from core.evaluation.records import Drift, StageDrift
from core.plots.drift import describe_drift, plot_drift
from core.plots.palette import FROZEN, TRAINABLE

DRIFT = Drift(
    stages=(
        StageDrift(name="stem", trained=False, weights=0.0, representation=0.0),
        StageDrift(name="blocks.0", trained=True, weights=0.0123, representation=0.25),
        StageDrift(name="head_conv", trained=True, weights=0.5, representation=None),
    ),
    n_samples=100,
    n_val=200,
    seconds=1.0,
    created_at="2026-01-01T12:00:00+00:00",
)


def test_both_measures_have_a_bar_for_every_stage_in_network_order() -> None:
    figure = plot_drift(DRIFT)
    trained, trained_weights, frozen, frozen_weights = figure.data
    assert list(frozen.x) == ["stem"]
    assert list(frozen.y) == list(frozen_weights.y) == [0.0]
    assert list(trained.y) == [0.25, 0.0]
    assert list(trained_weights.y) == [0.0123, 0.5]
    assert (frozen.marker.color, trained.marker.color) == (FROZEN, TRAINABLE)
    assert figure.layout.xaxis.categoryarray == ("stem", "blocks.0", "head_conv")


def test_a_bar_of_nothing_says_0_and_the_axis_of_nothing_but_these_has_a_range() -> None:
    still = Drift(stages=DRIFT.stages[:1], n_samples=9, n_val=9, seconds=1.0, created_at="")
    figure = plot_drift(still)
    assert list(figure.data[0].text) == ["0"]
    assert figure.layout.yaxis.range[1] > 0


def test_the_words_give_both_numbers_of_every_stage() -> None:
    text = describe_drift(DRIFT)
    assert "stem: 0.000, weights 0.00%" in text
    assert "blocks.0: 0.250, weights 1.23%" in text
    assert "head_conv: nothing to compare, weights 50.00%" in text
