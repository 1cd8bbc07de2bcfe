"""What was taken for what: the confusion matrix as a heat map whose cells can be clicked."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any, Literal, get_args

import numpy as np
import plotly.graph_objects as go
from scipy.cluster.hierarchy import leaves_list, linkage
from scipy.spatial.distance import squareform

from core.arrays import FloatArray, IntArray
from core.errors import UnknownChoiceError
from core.plots.layout import style_figure
from core.plots.palette import SELECTED
from core.plots.text import plain_text, short_names

ClassOrder = Literal["label", "mistakes", "similar"]

MAX_CLASSES_WITH_NUMBERS = 25
LABEL_MARGIN_PX = 130


def plot_confusion_matrix(
    matrix: Sequence[Sequence[int]],
    class_names: Sequence[str],
    *,
    normalise: bool,
    order: ClassOrder = "label",
    max_side_px: int | None = None,
) -> go.Figure:
    """Rows are true classes, columns predicted ones; clicking a cell selects a point with its two labels.

    A heat map has no selectable points, so an invisible square lies on every cell that is not empty; its
    `customdata` is [true label, predicted label].

    Args:
        matrix: counts, shape (n_classes, n_classes).
        class_names: names in label order.
        normalise: colour and number are per cent of the true class instead of counts.
        order: "label", "mistakes" (classes with most mistakes first) or "similar" (confused classes side by side).
        max_side_px: the square is no larger than this, for places that are narrower than a page.
    """
    counts = np.asarray(matrix, dtype=np.int64)
    labels = _ordered_labels(counts, order)
    names = short_names(class_names, max_chars=24 if len(class_names) <= MAX_CLASSES_WITH_NUMBERS else 18)
    ticks = [names[label] for label in labels]
    cell_px = _cell_px(len(labels), max_side_px)
    figure = go.Figure(
        [_cells(counts, labels, ticks, normalise), _targets(counts, labels, names, class_names, cell_px)]
    )
    style_figure(figure, height_px=round(cell_px * len(labels)) + LABEL_MARGIN_PX)
    figure.update_layout(
        margin_t=8 if _has_numbers(counts) else 48,
        showlegend=False,
        hovermode="closest",
        clickmode="event+select",
        hoverdistance=max(2, cell_px // 4),
    )
    shared = {
        "type": "category",
        "categoryorder": "array",
        "categoryarray": ticks,
        "showgrid": False,
        "zeroline": False,
    }
    figure.update_xaxes(
        title_text="Predicted class",
        constrain="domain",
        constraintoward="left",
        tickangle=None if len(ticks) <= 8 else -90,
        range=[-0.5, len(ticks) - 0.5],
        **shared,
    )
    figure.update_yaxes(
        title_text="True class",
        scaleanchor="x",
        scaleratio=1,
        constrain="domain",
        constraintoward="top",
        range=[len(ticks) - 0.5, -0.5],
        **shared,
    )
    return figure


def describe_confusion_matrix(matrix: Sequence[Sequence[int]], class_names: Sequence[str]) -> str:
    """The matrix in words: hits, and the most frequent mistake."""
    counts = np.asarray(matrix, dtype=np.int64)
    n, hits = int(counts.sum()), int(np.trace(counts))
    text = f"Confusion matrix of {len(class_names)} classes: {hits} of {n} samples are right."
    wrong = counts - np.diag(np.diagonal(counts))
    if wrong.max(initial=0) == 0:
        return text
    true, predicted = divmod(int(wrong.argmax()), len(wrong))
    return (
        f'{text} Most frequent mistake: "{class_names[true]}" taken for "{class_names[predicted]}", '
        f"{int(wrong[true, predicted])} of {int(counts[true].sum())}."
    )


def _ordered_labels(counts: IntArray, order: ClassOrder) -> list[int]:
    """Labels in the order rows and columns are drawn."""
    if order not in get_args(ClassOrder):
        raise UnknownChoiceError("order of classes", order, get_args(ClassOrder))
    wrong = counts - np.diag(np.diagonal(counts))
    if order == "mistakes":
        return [int(label) for label in np.argsort(-(wrong.sum(axis=0) + wrong.sum(axis=1)), kind="stable")]
    if order == "similar" and len(counts) > 2 and wrong.any():
        return [int(label) for label in leaves_list(linkage(_distances(wrong), "average", optimal_ordering=True))]
    return list(range(len(counts)))


def _distances(wrong: IntArray) -> FloatArray:
    """Condensed distances: classes confused more often, in either direction, are nearer."""
    mutual = (wrong + wrong.T).astype(np.float64)
    distances = 1.0 / (1.0 + mutual)
    np.fill_diagonal(distances, 0.0)
    return np.asarray(squareform(distances, checks=False))


def _cell_px(n_classes: int, max_side_px: int | None) -> int:
    """Side of a cell: large for few classes, and for many about what a page of 1,280 pixels has room for beside it."""
    side_px = max_side_px or (600 if n_classes <= MAX_CLASSES_WITH_NUMBERS else 800)
    return int(min(80, max(5, side_px / max(1, n_classes))))


def _cells(counts: IntArray, labels: list[int], ticks: list[str], normalise: bool) -> go.Heatmap:
    """The coloured cells; empty ones stay blank so that mistakes stand out."""
    values = (_row_per_cent(counts) if normalise else counts.astype(np.float64))[np.ix_(labels, labels)]
    highest = 100.0 if normalise else max(1.0, float(values.max(initial=0.0)))
    texts = [[_cell_text(value, normalise) for value in row] for row in values]
    if _has_numbers(counts):
        return _heat_map(ticks, values, highest, text=texts, texttemplate="%{text}", showscale=False)
    # Without numbers the colour alone must show a single mistake: it follows the square root, and even the lowest
    # value stands off the page, whose colour is where the theme's scale begins.
    top = math.sqrt(highest)
    return _heat_map(ticks, np.sqrt(values), top, zmin=-0.2 * top, colorbar=_colour_bar(highest, normalise))


def _heat_map(ticks: list[str], values: FloatArray, highest: float, *, zmin: float = 0.0, **rest: Any) -> go.Heatmap:
    """The trace; its colours are the theme's."""
    z = [[float(value) if value > 0 else None for value in row] for row in values]
    return go.Heatmap(x=ticks, y=ticks, z=z, zmin=zmin, zmax=highest, xgap=1, ygap=1, hoverinfo="skip", **rest)


def _colour_bar(highest: float, normalise: bool) -> dict[str, Any]:
    """A scale on top, its marks at round shares of the highest value."""
    marks = [highest * share for share in (0.1, 0.25, 0.5, 1)]
    return {
        "title": {"text": "Per cent of true class" if normalise else "Samples", "side": "right"},
        "tickvals": [math.sqrt(mark) for mark in marks],
        "ticktext": [f"{mark:.3g}" for mark in marks],
        "orientation": "h",
        "x": 0,
        "xanchor": "left",
        "y": 1,
        "yref": "container",
        "yanchor": "top",
        "lenmode": "pixels",
        "len": 340,
        "thickness": 10,
    }


def _targets(
    counts: IntArray, labels: list[int], names: list[str], class_names: Sequence[str], cell_px: int
) -> go.Scatter:
    """The invisible squares: they carry the labels, the hover text, and the frame once selected."""
    per_cent = _row_per_cent(counts)
    cells = [(true, predicted) for true in labels for predicted in labels if counts[true, predicted]]
    full = [plain_text(name) for name in class_names]
    return go.Scatter(
        x=[names[predicted] for _, predicted in cells],
        y=[names[true] for true, _ in cells],
        customdata=[[true, predicted] for true, predicted in cells],
        hovertext=[
            f"True class: {full[true]}<br>Predicted class: {full[predicted]}<br>"
            f"{counts[true, predicted]} of {counts[true].sum()} ({per_cent[true, predicted]:.1f}%)"
            for true, predicted in cells
        ],
        hovertemplate="%{hovertext}<extra></extra>",
        mode="markers",
        # A colour under `selected` would fill the square and hide the number in the cell.
        marker={
            "symbol": "square-open",
            "size": max(6, cell_px - 4),
            "opacity": 0,
            "color": SELECTED,
            "line": {"width": 3},
        },
        selected={"marker": {"opacity": 1}},
        unselected={"marker": {"opacity": 0}},
        showlegend=False,
    )


def _has_numbers(counts: IntArray) -> bool:
    """Whether the cells are large enough to write in; where they are, the colour needs no scale beside it."""
    return len(counts) <= MAX_CLASSES_WITH_NUMBERS


def _row_per_cent(counts: IntArray) -> FloatArray:
    """Per cent of each true class; 0 in rows without samples."""
    return np.asarray(100.0 * counts / np.maximum(1, counts.sum(axis=1, keepdims=True)))


def _cell_text(value: float, normalise: bool) -> str:
    """The number in a cell; nothing in an empty one, and "<1" where rounding would claim it is empty."""
    if value == 0:
        return ""
    if normalise and value < 0.5:
        return "&lt;1"
    return f"{value:.0f}"
