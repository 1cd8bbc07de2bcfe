"""Whether probabilities mean what they say: confidence against the share that was right."""

from __future__ import annotations

import plotly.graph_objects as go

from core.evaluation.records import Calibration
from core.plots.layout import style_figure
from core.plots.palette import MARK

HEIGHT_PX = 300
MARGIN = 0.03


def plot_reliability(calibration: Calibration) -> go.Figure:
    """A point for samples of similar confidence, with its 95 % interval; on the dashed line confidence is true."""
    points = calibration.reliability
    lowest = min(
        [point.confidence for point in points] + [_low(point.accuracy.low, point.accuracy.value) for point in points]
    )
    shares = [point.accuracy.value for point in points]
    figure = go.Figure()
    figure.add_scatter(
        x=[point.confidence for point in points],
        y=shares,
        error_y={
            "type": "data",
            "symmetric": False,
            "array": [_high(point.accuracy.high, point.accuracy.value) - point.accuracy.value for point in points],
            "arrayminus": [point.accuracy.value - _low(point.accuracy.low, point.accuracy.value) for point in points],
            "thickness": 1.2,
            "width": 3,
        },
        mode="lines+markers",
        name="Hit rate",
        hovertemplate="%{x:.1%} sure on average: %{y:.1%} right<extra></extra>",
    )
    figure.add_scatter(
        x=[lowest, 1.0],
        y=[lowest, 1.0],
        mode="lines",
        name="As sure as right",
        line={"dash": "dash", "width": 1.5, "color": MARK},
        hoverinfo="skip",
    )
    figure.update_traces(cliponaxis=False)
    axis = {"tickformat": ".0%", "range": [max(0.0, lowest - MARGIN), 1.0 + MARGIN]}
    figure.update_xaxes(title_text="Confidence", **axis)
    figure.update_yaxes(title_text="Share that is right", **axis)
    return style_figure(figure, height_px=HEIGHT_PX)


def describe_reliability(calibration: Calibration) -> str:
    """The points in words: the least sure, the surest, and the widest gap."""
    points = calibration.reliability
    first, last = points[0], points[-1]
    if len(points) == 1:
        return f"All samples: {first.confidence:.0%} sure on average, {first.accuracy.value:.0%} right."
    widest = max(points, key=lambda point: abs(point.confidence - point.accuracy.value))
    return (
        f"Confidence against hit rate in {len(points)} groups of samples, from {first.confidence:.0%} sure and "
        f"{first.accuracy.value:.0%} right to {last.confidence:.0%} sure and {last.accuracy.value:.0%} right; the "
        f"widest gap is at {widest.confidence:.0%} sure, of which {widest.accuracy.value:.0%} are right."
    )


def _low(bound: float | None, value: float) -> float:
    return value if bound is None else bound


def _high(bound: float | None, value: float) -> float:
    return value if bound is None else bound
