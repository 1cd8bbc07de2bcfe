"""The straight line from the weights fine-tuning began with to those it ended with, and what was kept of it."""

from __future__ import annotations

from collections.abc import Iterable

import plotly.graph_objects as go

from core.plots.layout import style_figure
from core.plots.palette import MARK
from core.training.events import Event, PathPoint, StateChosen

HEIGHT_PX = 260


def path_points(events: Iterable[Event]) -> tuple[PathPoint, ...]:
    """The points that were tried, from start to end; empty where a run tried none."""
    points = {point.share: point for point in events if isinstance(point, PathPoint)}
    return tuple(points[share] for share in sorted(points))


def kept_share(events: Iterable[Event]) -> float | None:
    """How far along the line the kept state lies, in [0, 1]; None where the state of an epoch was kept."""
    told = tuple(events)
    if any(isinstance(event, StateChosen) and event.kept == "head" for event in told):
        return 0.0  # the line begins at the fitted head
    best = [point.share for point in told if isinstance(point, PathPoint) and point.is_best]
    return best[-1] if best else None


def plot_weight_path(events: Iterable[Event]) -> go.Figure:
    """Validation macro-F1 along the line; the kept point is marked."""
    told = tuple(events)
    points, kept_at = path_points(told), kept_share(told)
    figure = go.Figure(
        go.Scatter(
            x=[point.share for point in points],
            y=[point.val_macro_f1 for point in points],
            customdata=[[point.val_loss] for point in points],
            mode="lines+markers",
            name="Validation macro-F1",
            hovertemplate="%{x:.0%} of the way: macro-F1 %{y:.4f}, loss %{customdata[0]:.4f}<extra></extra>",
        )
    )
    kept = next((point for point in points if point.share == kept_at), None)
    if kept is not None:
        figure.add_scatter(
            x=[kept.share],
            y=[kept.val_macro_f1],
            mode="markers",
            name="Kept",
            marker={"symbol": "circle-open", "size": 15, "color": MARK, "line": {"width": 2.5}},
            hoverinfo="skip",
        )
    figure.update_traces(cliponaxis=False)
    figure.update_xaxes(title_text="Share of the fine-tuned weights", tickformat=".0%", range=[-0.03, 1.03])
    figure.update_yaxes(title_text="Macro-F1")
    return style_figure(figure, height_px=HEIGHT_PX)


def describe_weight_path(events: Iterable[Event]) -> str:
    """The line in words: both ends, and what was kept."""
    told = tuple(events)
    points = path_points(told)
    if not points:
        return "No mixtures of weights were tried."
    ends = f"from {points[0].val_macro_f1:.3f} with the fitted head alone to {points[-1].val_macro_f1:.3f} fine-tuned"
    share = kept_share(told)
    kept = "an epoch on the way was better than every mixture" if share is None else f"kept: {share:.0%} of the way"
    return f"Validation macro-F1 along the line between the weights, {ends}; {kept}."
