"""One prediction: the most probable classes as bars."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import plotly.graph_objects as go

from core.arrays import FloatArray
from core.plots.layout import style_figure
from core.plots.text import plain_text, short_names

ROW_PX = 34


def plot_probabilities(probs: FloatArray | Sequence[float], class_names: Sequence[str], *, top: int = 5) -> go.Figure:
    """The `top` most probable classes of one sample, the most probable above.

    Args:
        probs: class probabilities of one sample, shape (n_classes,).
        class_names: names in label order.
        top: how many classes at most.
    """
    labels = _top_labels(probs, top)
    ticks = short_names([class_names[label] for label in labels])
    shown = [float(probs[label]) for label in labels]
    figure = go.Figure(
        go.Bar(
            x=shown,
            y=ticks,
            orientation="h",
            text=[plain_text(_per_cent(prob)) for prob in shown],
            textposition="outside",
            cliponaxis=False,
            hovertext=[
                f"{plain_text(class_names[label])}: {_per_cent(prob)}"
                for label, prob in zip(labels, shown, strict=True)
            ],
            hovertemplate="%{hovertext}<extra></extra>",
        )
    )
    style_figure(figure, height_px=40 + ROW_PX * len(labels))
    figure.update_layout(showlegend=False, margin_t=8, bargap=0.3)
    figure.update_xaxes(range=[0, 1.22], tickformat=".0%", tickvals=[0, 0.25, 0.5, 0.75, 1])
    return figure.update_yaxes(
        type="category", categoryorder="array", categoryarray=ticks, range=[len(ticks) - 0.5, -0.5]
    )


def describe_probabilities(probs: FloatArray | Sequence[float], class_names: Sequence[str], *, top: int = 5) -> str:
    """The bars in words."""
    named = (f'"{class_names[label]}" {_per_cent(float(probs[label]))}' for label in _top_labels(probs, top))
    return "Most probable classes: " + ", ".join(named) + "."


def _top_labels(probs: FloatArray | Sequence[float], top: int) -> list[int]:
    """Labels by falling probability; equals in label order."""
    return [int(label) for label in np.argsort(-np.asarray(probs), kind="stable")[:top]]


def _per_cent(prob: float) -> str:
    """Per cent with one digit, without claiming certainty that rounding made up."""
    if prob < 1 and round(prob * 100, 1) >= 100:
        return "> 99.9%"
    if prob > 0 and round(prob * 100, 1) == 0:
        return "< 0.1%"
    return f"{prob * 100:.1f}%"
