"""How far each stage went from where it was pretrained: what leaves it, and its weights below that."""

from __future__ import annotations

import plotly.graph_objects as go
from plotly.subplots import make_subplots

from core.evaluation.records import Drift, StageDrift
from core.plots.layout import style_figure
from core.plots.palette import FROZEN, TRAINABLE

HEIGHT_PX = 420
ROOM = 1.15
"""Factor of room above the highest bar, where its number stands."""

LEAST_RANGE = 1e-3
"""Of an axis all of whose bars are 0."""


def plot_drift(drift: Drift) -> go.Figure:
    """Two rows of bars in the order of the stages: 1 - CKA above, the relative change of the weights below."""
    figure = make_subplots(rows=2, cols=1, shared_xaxes=True, vertical_spacing=0.1)
    for is_trained, name, colour in ((True, "Trained", TRAINABLE), (False, "Frozen", FROZEN)):
        stages = [stage for stage in drift.stages if stage.trained == is_trained]
        if stages:
            figure.add_trace(
                _bars(stages, [_shown(stage) for stage in stages], name, colour, legend=True), row=1, col=1
            )
            figure.add_trace(_bars(stages, [stage.weights for stage in stages], name, colour), row=2, col=1)
    order = [stage.name for stage in drift.stages]
    figure.update_xaxes(type="category", categoryorder="array", categoryarray=order)
    rows = [[_shown(stage) for stage in drift.stages], [stage.weights for stage in drift.stages]]
    titles = ("What leaves it (1 − CKA)", "Its weights (relative)")
    for row, (values, title) in enumerate(zip(rows, titles, strict=True), start=1):
        top = max(max(values) * ROOM, LEAST_RANGE)
        figure.update_yaxes(title_text=title, range=[0, top], row=row, col=1)
    return style_figure(figure, height_px=HEIGHT_PX)


def describe_drift(drift: Drift) -> str:
    """Both numbers of every stage."""
    told = [
        f"{stage.name}: {'nothing to compare' if stage.representation is None else f'{stage.representation:.3f}'}, "
        f"weights {stage.weights:.2%}"
        for stage in drift.stages
    ]
    return (
        f"How far each stage went, 1 minus CKA of what leaves it and relative change of its weights. {'; '.join(told)}."
    )


def _bars(stages: list[StageDrift], values: list[float], name: str, colour: str, *, legend: bool = False) -> go.Bar:
    return go.Bar(
        x=[stage.name for stage in stages],
        y=values,
        text=["0" if value == 0 else f"{value:.2g}" for value in values],
        textposition="outside",
        cliponaxis=False,
        name=name,
        legendgroup=name,
        showlegend=legend,
        marker={"color": colour},
        hovertemplate="%{x}: %{y:.4g}<extra></extra>",
    )


def _shown(stage: StageDrift) -> float:
    return stage.representation or 0.0
