"""Where one run is right more often than another: the difference of two confusion matrices as a heat map."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import plotly.graph_objects as go

from core.arrays import IntArray
from core.plots.layout import style_figure
from core.plots.text import plain_text, short_names

MAX_CLASSES_WITH_NUMBERS = 25
MAX_CELL_PX, MIN_CELL_PX, SIDE_PX, WIDE_SIDE_PX = 80, 7, 420, 800
LABEL_MARGIN_PX = 130
FULL_COLOUR = 5
"""Below so many samples a cell stays pale: one sample more or less is no matter."""


def plot_confusion_difference(matrix: Sequence[Sequence[int]], class_names: Sequence[str]) -> go.Figure:
    """Second run less first, cell by cell; the colour says which of both it speaks for.

    More samples speak for the second run on the diagonal and against it everywhere else, so the colour follows the
    number on the diagonal and its opposite beside it. Equal cells stay blank.

    Args:
        matrix: rows are true classes, columns predicted ones, differences of counts, shape (n_classes, n_classes).
        class_names: names in label order.
    """
    counts = np.asarray(matrix, dtype=np.int64)
    names = short_names(class_names, max_chars=24 if _has_numbers(counts) else 18)
    gains = _gains(counts)
    highest = max(FULL_COLOUR, int(np.abs(gains).max(initial=0)))
    figure = go.Figure(
        go.Heatmap(
            x=names,
            y=names,
            z=[[int(gain) if gain else None for gain in row] for row in gains],
            zmin=-highest,
            zmid=0,
            zmax=highest,
            text=[[f"{count:+d}" if count else "" for count in row] for row in counts],
            texttemplate="%{text}" if _has_numbers(counts) else "",
            customdata=_hovers(counts, [plain_text(name) for name in class_names]),
            hovertemplate="%{customdata}<extra></extra>",
            xgap=1,
            ygap=1,
            showscale=False,
        )
    )
    return _lay_out(figure, len(names))


def describe_confusion_difference(matrix: Sequence[Sequence[int]], class_names: Sequence[str]) -> str:
    """The difference in words: hits more or fewer, and the cell that changed most."""
    counts = np.asarray(matrix, dtype=np.int64)
    hits = int(np.trace(counts))
    text = f"Difference of two confusion matrices of {len(class_names)} classes: {hits:+d} hits in the second run."
    if not counts.any():
        return f"{text} All cells are the same."
    true, said = divmod(int(np.abs(counts).argmax()), len(counts))
    return f'{text} Largest change: "{class_names[true]}" called "{class_names[said]}", {int(counts[true, said]):+d}.'


def _gains(counts: IntArray) -> IntArray:
    """What speaks for the second run, per cell: more hits, fewer mistakes."""
    return np.where(np.eye(len(counts), dtype=bool), counts, -counts)


def _hovers(counts: IntArray, names: Sequence[str]) -> list[list[str]]:
    return [
        [
            f"True class: {true}<br>Predicted class: {said}<br>{count:+d} in the second run"
            for said, count in zip(names, row, strict=True)
        ]
        for true, row in zip(names, counts.tolist(), strict=True)
    ]


def _has_numbers(counts: IntArray) -> bool:
    return len(counts) <= MAX_CLASSES_WITH_NUMBERS


def _lay_out(figure: go.Figure, n_classes: int) -> go.Figure:
    """Square cells, true classes from top to bottom."""
    side_px = SIDE_PX if n_classes <= MAX_CLASSES_WITH_NUMBERS else WIDE_SIDE_PX
    cell_px = min(MAX_CELL_PX, max(MIN_CELL_PX, side_px // max(1, n_classes)))
    style_figure(figure, height_px=cell_px * n_classes + LABEL_MARGIN_PX)
    shared = {"type": "category", "showgrid": False, "zeroline": False}
    figure.update_xaxes(
        title_text="Predicted class",
        constrain="domain",
        constraintoward="left",
        tickangle=None if n_classes <= 8 else -90,
        range=[-0.5, n_classes - 0.5],
        **shared,
    )
    figure.update_yaxes(
        title_text="True class",
        scaleanchor="x",
        scaleratio=1,
        constrain="domain",
        constraintoward="top",
        range=[n_classes - 0.5, -0.5],
        **shared,
    )
    return figure.update_layout(margin_t=8, showlegend=False)
