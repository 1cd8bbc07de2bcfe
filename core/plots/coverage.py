"""What comes of answering only where the model is sure enough: share answered against share right."""

from __future__ import annotations

import plotly.graph_objects as go

from core.evaluation.records import Calibration, Interval
from core.plots.layout import add_band, style_figure

HEIGHT_PX = 300
MARGIN = 0.02


def plot_coverage(calibration: Calibration) -> go.Figure:
    """Accuracy of the answers against the share of samples answered, with its 95 % interval as a band."""
    points = calibration.coverage
    shares = [point.coverage for point in points]
    lows, highs = [_low(point.accuracy) for point in points], [_high(point.accuracy) for point in points]
    figure = go.Figure()
    figure.add_scatter(
        x=shares,
        y=[point.accuracy.value for point in points],
        customdata=[[point.threshold] for point in points],
        mode="lines+markers" if len(points) > 1 else "markers",
        name="Accuracy",
        hovertemplate="Answering where at least %{customdata[0]:.1%} sure:<br>%{x:.0%} of the samples answered, "
        "%{y:.1%} of these right<extra></extra>",
    )
    add_band(figure, shares, lows, highs, name="95% interval")
    figure.update_traces(cliponaxis=False)
    figure.update_xaxes(title_text="Share of samples answered", tickformat=".0%", range=[-MARGIN, 1 + MARGIN])
    # Hardly above 100 %, where plotly would otherwise put a mark of 102 %.
    figure.update_yaxes(title_text="Accuracy", tickformat=".0%", range=[max(0.0, min(lows) - MARGIN), 1.005])
    return style_figure(figure, height_px=HEIGHT_PX)


def describe_coverage(calibration: Calibration) -> str:
    """The curve in words: everything answered, and the surer half or what comes nearest to it."""
    points = calibration.coverage
    half = min(points, key=lambda point: abs(point.coverage - 0.5))
    every = points[-1]
    text = f"Answering every sample, {every.accuracy.value:.1%} are right"
    if half is every:
        return f"{text}; all are equally sure."
    return (
        f"{text}; answering only where at least {half.threshold:.1%} sure, which are {half.coverage:.0%} of the "
        f"samples, {half.accuracy.value:.1%} are."
    )


def _low(share: Interval) -> float:
    return share.value if share.low is None else share.low


def _high(share: Interval) -> float:
    return share.value if share.high is None else share.high
