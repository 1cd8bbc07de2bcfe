"""What each of several runs reached against how long it took: up is better, left is faster."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import plotly.graph_objects as go

from core.evaluation.records import Interval
from core.plots.layout import style_figure
from core.plots.text import short_names

HEIGHT_PX, LEGEND_ROW_PX = 280, 20
NAME_CHARS = 40
MARGIN = 1.6
_TICKS = {"tickvals": [step * 10**power for power in range(-1, 6) for step in (1, 2, 5)]}
"""Factor of room left and right of the outermost points, on an axis of factors."""


@dataclass(frozen=True, kw_only=True, slots=True)
class RunPoint:
    """One run.

    Attributes:
        mark: a letter that stands at the point.
        name: what the run is called, the letter included.
        seconds: that it took.
        accuracy: on validation, with its interval.
    """

    mark: str
    name: str
    seconds: float
    accuracy: Interval


def plot_scores_over_time(points: Sequence[RunPoint]) -> go.Figure:
    """Validation accuracy with its interval against seconds on an axis of factors; a colour and a letter per run."""
    figure = go.Figure()
    for point, name in zip(points, short_names([point.name for point in points], max_chars=NAME_CHARS), strict=True):
        figure.add_trace(_trace(point, name))
    times = [max(point.seconds, 0.1) for point in points]
    # plotly's own choice of a range for points near each other on a logarithmic axis is many powers of ten wide
    bounds = [min(times, default=1.0) / MARGIN, max(times, default=1.0) * MARGIN]
    figure.update_xaxes(title_text="Seconds", type="log", autorangeoptions={"include": bounds}, **_TICKS)
    figure.update_yaxes(title_text="Validation accuracy", tickformat=".0%")
    rows_px = LEGEND_ROW_PX * len(points)
    style_figure(figure, height_px=HEIGHT_PX + rows_px)
    return figure.update_layout(margin_t=rows_px + 16, legend_orientation="v", showlegend=True)


def describe_scores_over_time(points: Sequence[RunPoint]) -> str:
    """The points in words, the quickest run first."""
    told = [
        f"{point.name}: {point.accuracy.value:.1%} in {point.seconds:.1f} s"
        for point in sorted(points, key=lambda point: point.seconds)
    ]
    return f"Validation accuracy against seconds. {'; '.join(told)}."


def _trace(point: RunPoint, name: str) -> go.Scatter:
    value, low, high = point.accuracy.value, point.accuracy.low, point.accuracy.high
    return go.Scatter(
        x=[max(point.seconds, 0.1)],
        y=[value],
        error_y={
            "type": "data",
            "array": [0.0 if high is None else high - value],
            "arrayminus": [0.0 if low is None else value - low],
            "thickness": 1.5,
            "width": 5,
        },
        text=[point.mark],
        mode="markers+text",
        textposition="middle right",
        textfont={"size": 15},
        name=name,
        marker={"size": 11},
        cliponaxis=False,
        hovertemplate="%{y:.1%} in %{x:.1f} s",
    )
