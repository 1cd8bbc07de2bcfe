"""What each backbone is worth for a dataset against how long it takes: up is better, left is faster."""

from __future__ import annotations

from collections.abc import Sequence

import plotly.graph_objects as go

from core.evaluation.records import RankedBackbone, Ranking
from core.plots.layout import style_figure
from core.plots.palette import MARK, TRAINABLE
from core.plots.text import plain_text

HEIGHT_PX = 320
TICKS_MS = [digit * 10.0**power for power in range(-2, 5) for digit in (1, 2, 5)]
"""Plotly's own ticks of a short logarithmic axis are bare digits, whose power of ten has to be guessed."""

MARGIN = 2.0
"""Factor of room left and right of the outermost points, on an axis of factors."""


def plot_ranking(ranking: Ranking) -> go.Figure:
    """Score with one standard error up and down against milliseconds; what shares the first place stands out."""
    best = [one for one in ranking.backbones if one.tied] or list(ranking.backbones[:1])
    others = [one for one in ranking.backbones if one not in best]
    figure = go.Figure()
    figure.add_trace(_points(best, "Best, or tied with the best", TRAINABLE))
    if others:
        figure.add_trace(_points(others, "Others", MARK))
    times = [one.ms_per_sample for one in ranking.backbones]
    # plotly's own choice of a range for one point on a logarithmic axis is many powers of ten wide
    bounds = [min(times, default=1.0) / MARGIN, max(times, default=1.0) * MARGIN]
    figure.update_xaxes(
        title_text="Milliseconds per sample",
        type="log",
        autorangeoptions={"include": bounds},
        tickvals=TICKS_MS,
        ticktext=[f"{ms:g}" for ms in TICKS_MS],
    )
    figure.update_yaxes(title_text="Balanced accuracy")
    return style_figure(figure, height_px=HEIGHT_PX)


def describe_ranking(ranking: Ranking) -> str:
    """The ranking in words: who is first, how sure that is, and who shares the place."""
    if not ranking.backbones:
        return "No backbone was ranked."
    first = ranking.backbones[0]
    score = f"{first.title}: {first.score:.3f} ± {first.standard_error:.3f} on {first.n_samples:,} training samples"
    if len(ranking.backbones) == 1:
        return f"{score}. It is the only backbone on this machine to compare."
    tied = [one.title for one in ranking.backbones[1:] if one.tied]
    if tied:
        return f"{score}, the fastest of those that are tied; as good within one standard error: {', '.join(tied)}."
    return f"{score}, better than all others by more than one standard error."


def _points(backbones: Sequence[RankedBackbone], name: str, colour: str) -> go.Scatter:
    return go.Scatter(
        x=[one.ms_per_sample for one in backbones],
        y=[one.score for one in backbones],
        error_y={"type": "data", "array": [one.standard_error for one in backbones]},
        text=[plain_text(one.title) for one in backbones],
        customdata=[[one.standard_error, one.n_samples] for one in backbones],
        mode="markers+text",
        textposition="middle right",
        name=name,
        marker={"color": colour, "size": 10},
        hovertemplate="%{text}: %{y:.3f} ± %{customdata[0]:.3f} on %{customdata[1]:,} samples, "
        "%{x:.1f} ms per sample<extra></extra>",
    )
