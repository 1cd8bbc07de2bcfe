"""What learning rates did: the loss over ever larger rates, and where it fell fastest."""

from __future__ import annotations

import plotly.graph_objects as go

from core.plots.layout import style_figure
from core.plots.palette import MARK, TRAINABLE
from core.training.records import RateSearch, RateTried

HEIGHT_PX = 300


def plot_rate_search(search: RateSearch) -> go.Figure:
    """Loss of each batch as dots and its smoothed course as a line, over rates on a logarithmic axis."""
    rates = [one.rate for one in search.tried]
    figure = go.Figure()
    figure.add_scatter(
        x=rates,
        y=[one.loss for one in search.tried],
        mode="markers",
        name="Each batch",
        marker={"color": MARK, "size": 5, "opacity": 0.6},
        hovertemplate="Rate %{x:.1e}: loss %{y:.3f}<extra></extra>",
    )
    figure.add_scatter(
        x=rates,
        y=[one.smoothed_loss for one in search.tried],
        mode="lines",
        name="Smoothed",
        hovertemplate="Rate %{x:.1e}: smoothed loss %{y:.3f}<extra></extra>",
    )
    steepest = _steepest(search)
    if steepest is not None:
        figure.add_scatter(
            x=[steepest.rate],
            y=[steepest.smoothed_loss],
            mode="markers",
            name="Falls fastest",
            marker={"symbol": "circle-open", "size": 15, "color": TRAINABLE, "line": {"width": 2.5}},
            hoverinfo="skip",
        )
    figure.update_xaxes(title_text="Learning rate", type="log", exponentformat="power", dtick=1)
    figure.update_yaxes(title_text="Loss", range=[0, _top(search)])
    return style_figure(figure, height_px=HEIGHT_PX)


def describe_rate_search(search: RateSearch) -> str:
    """The course of the loss in words: where it fell fastest, where it was lowest, how it ended."""
    if not search.tried:
        return "The loss was not a number from the first step on."
    first, last = search.tried[0], search.tried[-1]
    lowest = min(search.tried, key=lambda one: one.smoothed_loss)
    if search.suggestion is None:
        course = "The loss never clearly fell"
    else:
        course = f"The loss fell fastest near a rate of {search.suggestion:.1e}"
    end = "ran away" if search.ran_away else "did not run away"
    return (
        f"{course}; it began at {first.smoothed_loss:.2f}, was lowest at {lowest.rate:.1e} with "
        f"{lowest.smoothed_loss:.2f}, and {end} by {last.rate:.1e}."
    )


def _steepest(search: RateSearch) -> RateTried | None:
    """The step nearest to the suggestion, which is rounded."""
    suggestion = search.suggestion
    if suggestion is None:
        return None
    return min(search.tried, key=lambda one: abs(one.rate / suggestion - 1))


def _top(search: RateSearch) -> float:
    """Where the axis of losses ends: high enough for the fall, so that what runs away leaves the picture upwards."""
    smoothed = [one.smoothed_loss for one in search.tried] or [1.0]
    lowest = smoothed.index(min(smoothed))
    return max(1.25 * max(smoothed[: lowest + 1]), 2.5 * smoothed[lowest])
