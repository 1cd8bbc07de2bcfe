"""ROC and precision-recall: what comes of calling more, or fewer, samples by a class's name."""

from __future__ import annotations

import plotly.graph_objects as go

from core.evaluation.records import SeparationCurves
from core.plots.layout import style_figure
from core.plots.palette import MARK
from core.plots.text import plain_text

HEIGHT_PX = 320
MARGIN = 0.02
AXIS = {"tickformat": ".0%", "range": [-MARGIN, 1 + MARGIN]}


def plot_roc(curves: SeparationCurves, name: str) -> go.Figure:
    """The share of the class that is found against the share of the others called so; the dashed line is chance."""
    figure = go.Figure()
    figure.add_scatter(
        x=[x for x, _ in curves.roc],
        y=[y for _, y in curves.roc],
        mode="lines",
        name=plain_text(name),
        hovertemplate="%{y:.1%} of the class found<br>%{x:.1%} of the others called so<extra></extra>",
    )
    _add_chance(figure, (0.0, 1.0))
    figure.update_xaxes(title_text="Others called so", **AXIS)
    figure.update_yaxes(title_text="Share found", **AXIS)
    return style_figure(figure, height_px=HEIGHT_PX)


def plot_precision_recall(curves: SeparationCurves, name: str) -> go.Figure:
    """Of the samples called so the share that is right, against the share found; steps, as no line is between them."""
    figure = go.Figure()
    figure.add_scatter(
        x=[x for x, _ in curves.precision_recall],
        y=[y for _, y in curves.precision_recall],
        mode="lines",
        line_shape="vh",
        name=plain_text(name),
        hovertemplate="%{x:.1%} of the class found<br>%{y:.1%} of those called so are it<extra></extra>",
    )
    _add_chance(figure, (curves.share, curves.share))
    figure.update_xaxes(title_text="Share found (recall)", **AXIS)
    figure.update_yaxes(title_text="Right of those called so (precision)", **AXIS)
    return style_figure(figure, height_px=HEIGHT_PX)


def describe_roc(curves: SeparationCurves) -> str:
    """The curve in words, at few false alarms and at ten times as many."""
    few, more = (_found_at(curves, share) for share in (0.01, 0.1))
    return (
        f"ROC curve{_mean_words(curves)}: with 1% of the others called so, {few:.0%} of the class is found; with 10%, "
        f"{more:.0%}."
    )


def describe_precision_recall(curves: SeparationCurves) -> str:
    """The curve in words, where half and where nearly all of the class is found."""
    half, most = (_precision_at(curves, recall) for recall in (0.5, 0.9))
    return (
        f"Precision-recall curve{_mean_words(curves)}: with half of the class found, {half:.0%} of those called so are "
        f"it; with 90% found, {most:.0%}; calling everything so gives {curves.share:.0%}."
    )


def _add_chance(figure: go.Figure, heights: tuple[float, float]) -> None:
    figure.add_scatter(
        x=[0.0, 1.0],
        y=list(heights),
        mode="lines",
        name="Chance",
        line={"dash": "dash", "width": 1.5, "color": MARK},
        hoverinfo="skip",
    )


def _mean_words(curves: SeparationCurves) -> str:
    return f", mean over {curves.n_classes} classes" if curves.n_classes > 1 else ""


def _found_at(curves: SeparationCurves, false_alarms: float) -> float:
    return max(y for x, y in curves.roc if x <= false_alarms)


def _precision_at(curves: SeparationCurves, recall: float) -> float:
    return next(y for x, y in curves.precision_recall if x >= recall)
