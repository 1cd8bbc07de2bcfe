"""The learning-rate finder, drawn and told."""

from dataclasses import replace

from core.plots.rate_search import describe_rate_search, plot_rate_search
from core.training.records import RateSearch, RateTried

SEARCH = RateSearch(
    phase="Fine-tune",
    tried=(
        RateTried(rate=1e-5, loss=2.1, smoothed_loss=2.0),
        RateTried(rate=1e-4, loss=1.2, smoothed_loss=1.4),
        RateTried(rate=1e-3, loss=0.6, smoothed_loss=0.9),
        RateTried(rate=1e-2, loss=9.0, smoothed_loss=5.0),
    ),
    suggestion=1.1e-4,
    ran_away=True,
    head_factor=1.0,
)


def test_losses_stand_over_rates_on_an_axis_of_factors_with_the_suggestion_marked() -> None:
    figure = plot_rate_search(SEARCH)
    batches, smoothed, mark = figure.data
    assert figure.layout.xaxis.type == "log"
    assert list(batches.x) == list(smoothed.x) == [1e-5, 1e-4, 1e-3, 1e-2]
    assert list(batches.y) == [2.1, 1.2, 0.6, 9.0]
    assert list(smoothed.y) == [2.0, 1.4, 0.9, 5.0]
    assert (list(mark.x), list(mark.y)) == ([1e-4], [1.4])
    assert 2.0 < figure.layout.yaxis.range[1] < 5.0  # room for the fall, not for what ran away


def test_nothing_is_marked_where_nothing_is_suggested() -> None:
    flat = replace(SEARCH, suggestion=None, ran_away=False)
    assert len(plot_rate_search(flat).data) == 2
    assert "never clearly fell" in describe_rate_search(flat)
    assert "did not run away" in describe_rate_search(flat)


def test_words_name_the_steepest_the_lowest_and_the_end() -> None:
    words = describe_rate_search(SEARCH)
    assert "fell fastest near a rate of 1.1e-04" in words
    assert "lowest at 1.0e-03 with 0.90" in words
    assert "ran away by 1.0e-02" in words


def test_a_search_without_a_step_is_said() -> None:
    empty = replace(SEARCH, tried=(), suggestion=None)
    assert "not a number" in describe_rate_search(empty)
    assert len(plot_rate_search(empty).data) == 2
