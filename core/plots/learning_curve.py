"""Validation accuracy against the number of training samples, and the law that goes on beyond the last of them."""

from __future__ import annotations

import math

import plotly.graph_objects as go

from core.evaluation.records import Interval, LearningCurve
from core.plots.layout import add_band, style_figure
from core.plots.palette import MARK, TRAINABLE
from core.plots.text import count_text

HEIGHT_PX = 320
MARGIN = 1.25
"""Factor of room left and right of the outermost points, on an axis of factors."""

DRAW = "rgba(138, 148, 166, 0.7)"


def plot_learning_curve(curve: LearningCurve) -> go.Figure:
    """Every draw, the mean of each size, and the fitted law with its band up to twice as many samples."""
    figure = go.Figure()
    _add_band(figure, curve)
    figure.add_scatter(
        x=[point.n_train for point in curve.points for _ in point.scores],
        y=[score for point in curve.points for score in point.scores],
        mode="markers",
        name="One draw",
        marker={"color": DRAW, "size": 5},
        hoverinfo="skip",
    )
    figure.add_scatter(
        x=[point.n_train for point in curve.points],
        y=[point.score for point in curve.points],
        customdata=[[point.train_score, len(point.scores)] for point in curve.points],
        mode="markers",
        name="Measured, mean",
        marker={"color": TRAINABLE, "size": 10},
        hovertemplate="%{x:,} samples: %{y:.1%} on validation, %{customdata[0]:.1%} on those learned from "
        "(drawn %{customdata[1]} ×)<extra></extra>",
    )
    figure.add_vline(x=curve.n_train, line={"color": MARK, "dash": "dot", "width": 1.5})
    figure.add_annotation(
        x=math.log10(curve.n_train),  # of an axis of factors, annotations count in powers of ten, lines do not
        y=0,
        yref="paper",
        text="all there are",
        xanchor="right",
        yanchor="bottom",
        showarrow=False,
    )
    sizes = [*(point.n_train for point in curve.points), 2 * curve.n_train]
    figure.update_xaxes(
        title_text="Training samples",
        type="log",
        tickvals=sizes,
        ticktext=[count_text(size) for size in sizes],
        autorangeoptions={"include": [sizes[0] / MARGIN, sizes[-1] * MARGIN]},
    )
    figure.update_yaxes(title_text="Validation accuracy", tickformat=".0%")
    figure.update_traces(cliponaxis=False)
    return style_figure(figure, height_px=HEIGHT_PX)


def describe_learning_curve(curve: LearningCurve) -> str:
    """The curve in words: where it begins, where it stands, and where it is to go."""
    first, last, end = curve.points[0], curve.points[-1], curve.band[-1].score
    return (
        f"Validation accuracy of a head on frozen features: {first.score:.1%} after learning from {first.n_train:,} "
        f"samples, {last.score:.1%} from all {last.n_train:,}; the fitted curve goes on to {end.value:.1%} "
        f"({_low(end):.1%} to {_high(end):.1%}) for {2 * last.n_train:,}."
    )


def _add_band(figure: go.Figure, curve: LearningCurve) -> None:
    sizes = [at.n_train for at in curve.band]
    lows, highs = [_low(at.score) for at in curve.band], [_high(at.score) for at in curve.band]
    add_band(figure, sizes, lows, highs, name="95% band")
    figure.add_scatter(
        x=sizes,
        y=[at.score.value for at in curve.band],
        mode="lines",
        name="Fitted curve",
        line={"color": MARK, "width": 2},
        hovertemplate="%{x:,.0f} samples: %{y:.1%}<extra></extra>",
    )


def _low(share: Interval) -> float:
    return share.value if share.low is None else share.low


def _high(share: Interval) -> float:
    return share.value if share.high is None else share.high
