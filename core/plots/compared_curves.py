"""How several trainings went, in one figure: a line per run over the epochs that its optimiser took."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Literal

import plotly.graph_objects as go

from core.plots.layout import style_figure
from core.plots.text import plain_text, short_names
from core.training.events import EpochDone, StoredEvent

Score = Literal["macro_f1", "loss"]

HEIGHT_PX, LEGEND_ROW_PX = 280, 20
NAME_CHARS = 40
_POINT = {"size": 6}
_ONLY_POINT = {"size": 13, "symbol": "circle-open", "line": {"width": 2.5}}
"""A ring around what begins at the same place: runs from one fitted head lie on each other there."""

TITLES: dict[Score, str] = {"macro_f1": "Validation macro-F1", "loss": "Validation loss"}


def plot_compared_curves(histories: Sequence[Iterable[StoredEvent]], names: Sequence[str], score: Score) -> go.Figure:
    """A score on validation over epochs, with the fitted head at epoch 0 where a run has one.

    A run that only fits a head is one point there: fine-tuning has to rise above it.

    Args:
        histories: the events of each run.
        names: what each run is called, in the same order; the colours follow that order, too.
        score: what is drawn.
    """
    figure = go.Figure()
    for events, name in zip(histories, short_names(names, max_chars=NAME_CHARS), strict=True):
        points = curve_points(events, score)
        figure.add_scatter(
            x=[epoch for epoch, _ in points],
            y=[value for _, value in points],
            name=name,
            mode="lines+markers",
            marker=_POINT if len(points) > 1 else _ONLY_POINT,
            hovertemplate="%{y:.4f}",
        )
    figure.update_traces(cliponaxis=False)
    figure.update_xaxes(title_text="Epoch; 0 is the fitted head", rangemode="tozero", dtick=_tick(figure))
    figure.update_yaxes(title_text=TITLES[score], rangemode="normal" if score == "macro_f1" else "tozero")
    # A row of the legend per run: side by side, their names would wrap into the lines on a narrow screen.
    rows_px = LEGEND_ROW_PX * len(names)
    style_figure(figure, height_px=HEIGHT_PX + rows_px)
    return figure.update_layout(
        hovermode="x unified",
        margin_t=rows_px + 16,
        legend_orientation="v",
        showlegend=True,
        legend_traceorder="normal",
    )


def describe_compared_curves(histories: Sequence[Iterable[StoredEvent]], names: Sequence[str], score: Score) -> str:
    """The lines in words: where each begins and ends."""
    curves = [curve_points(events, score) for events in histories]
    told = [f"{plain_text(name)} {_course(points)}" for name, points in zip(names, curves, strict=True)]
    return f"{TITLES[score]} over epochs: {'; '.join(told)}."


def curve_points(events: Iterable[StoredEvent], score: Score) -> tuple[tuple[int, float], ...]:
    """(epoch, score) in order: 0 for the best state of a solver, then the epochs of the optimiser from 1 on.

    The rounds of a solver are no course over time. A resumed run may tell an epoch twice, then the later one counts.
    """
    told = {event.epoch: event for event in events if isinstance(event, EpochDone)}
    ordered = [told[number] for number in sorted(told)]
    fitted = [epoch for epoch in ordered if epoch.learning_rate == 0 and epoch.is_best]
    steps = [epoch for epoch in ordered if epoch.learning_rate > 0]
    start = [(0, _score(fitted[-1], score))] if fitted else []
    return (*start, *((number, _score(epoch, score)) for number, epoch in enumerate(steps, start=1)))


def _score(epoch: EpochDone, score: Score) -> float:
    return epoch.val_macro_f1 if score == "macro_f1" else epoch.val_loss


def _course(points: Sequence[tuple[int, float]]) -> str:
    if not points:
        return "has no finished epoch"
    if len(points) == 1:
        return f"{points[0][1]:.3f} at epoch {points[0][0]}"
    return f"from {points[0][1]:.3f} to {points[-1][1]:.3f} at epoch {points[-1][0]}"


def _tick(figure: go.Figure) -> int:
    """Whole epochs only, and not more than a dozen of them."""
    last = max((x for trace in figure.data for x in trace.x), default=1)
    return next(step for step in (1, 2, 5, 10, 20, 50, 100, 200, 500) if last / step <= 12 or step == 500)
