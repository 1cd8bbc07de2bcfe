"""What was taken for what, drawn: a confusion matrix that stays readable with many classes."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
from markupsafe import Markup

from core.arrays import IntArray
from core.exporting.svg import drawing, element, line, text

MAX_CLASSES = 100
MOST_CONFUSED = 60
"""With more classes than `MAX_CLASSES`, as many are drawn: those with the most mistakes."""

NAME_CHARS = 24
CHAR_WIDTH = 0.56
"""Of a letter of the usual page fonts, as a share of their size, on average."""


def classes_drawn(matrix: Sequence[Sequence[int]]) -> list[int]:
    """Labels that are drawn, in label order: all of them, or those with the most mistakes where there are many."""
    counts = np.asarray(matrix)
    if len(counts) <= MAX_CLASSES:
        return list(range(len(counts)))
    wrong = counts.sum(axis=0) + counts.sum(axis=1) - 2 * np.diagonal(counts)
    return sorted(int(label) for label in np.argsort(-wrong, kind="stable")[:MOST_CONFUSED])


def draw_matrix(matrix: Sequence[Sequence[int]], class_names: Sequence[str]) -> Markup:
    """Rows are true classes, columns predicted ones; hits in one colour, mistakes in another, empty cells blank.

    Args:
        matrix: counts, shape (n_classes, n_classes).
        class_names: in label order.
    """
    labels = classes_drawn(matrix)
    counts = np.asarray(matrix, dtype=np.int64)[np.ix_(labels, labels)]
    support = np.asarray(matrix, dtype=np.int64).sum(axis=1)[labels]
    names = [_short(class_names[label]) for label in labels]
    cell = _cell_size(len(labels))
    font = min(13.0, 0.82 * cell)
    margin = 20 + max(map(len, names)) * CHAR_WIDTH * font
    side = margin + len(labels) * cell
    parts = [*_guides(len(labels), cell, margin), *_names(names, cell, margin, font)]
    for true, predicted in np.argwhere(counts > 0):
        parts += _cell(int(true), int(predicted), counts, support, names, cell, margin)
    parts += [
        text(margin, 11, "Predicted class", class_="mark"),
        text(10, side, "True class", class_="mark", turned=True),
    ]
    hits, n = int(np.trace(np.asarray(matrix))), int(np.asarray(matrix).sum())
    label = f"Confusion matrix of {len(class_names)} classes: {hits} of {n} samples are right"
    return drawing(side + 2, side + 2, *parts, label=label, class_="matrix")


def _cell_size(n: int) -> float:
    return 40.0 if n <= 12 else 24.0 if n <= 30 else 13.0


def _guides(n: int, cell: float, margin: float) -> list[Markup]:
    """Thin lines that lead the eye from a name to its cells; every fifth where there are many."""
    step, end = (1 if n <= 30 else 5), margin + n * cell
    at = [margin + number * cell for number in range(0, n + 1, step)]
    return [part for x in at for part in (line(x, margin, x, end, "grid"), line(margin, x, end, x, "grid"))]


def _names(names: Sequence[str], cell: float, margin: float, font: float) -> list[Markup]:
    parts: list[Markup] = []
    for number, name in enumerate(names):
        middle = margin + (number + 0.5) * cell
        parts += [
            text(margin - 4, middle + 0.35 * font, name, font_size=font, text_anchor="end"),
            text(middle + 0.35 * font, margin - 4, name, font_size=font, turned=True),
        ]
    return parts


def _cell(
    true: int, predicted: int, counts: IntArray, support: IntArray, names: Sequence[str], cell: float, margin: float
) -> list[Markup]:
    n = int(counts[true, predicted])
    share = n / max(1, int(support[true]))
    x, y = margin + predicted * cell, margin + true * cell
    hint = element("title", f"{names[true]}, called {names[predicted]}: {n} of {support[true]} ({share:.1%})")
    # The square root lets a single mistake be seen; what is darkest still bears the number on it.
    strength = f"{0.12 + 0.5 * math.sqrt(share):.2f}"
    class_ = "hit" if true == predicted else "miss"
    square = element(
        "rect",
        hint,
        x=x + 0.5,
        y=y + 0.5,
        width=cell - 1,
        height=cell - 1,
        class_=class_,
        fill_opacity=strength,
    )
    font = 0.36 * cell if cell > 30 else 0.46 * cell if cell > 20 else 0.58 * cell
    return [square, text(x + cell / 2, y + cell / 2 + 0.35 * font, str(n), font_size=font, text_anchor="middle")]


def _short(name: str) -> str:
    flat = " ".join(name.split())
    if len(flat) <= NAME_CHARS:
        return flat
    n_end = NAME_CHARS // 3
    return f"{flat[: NAME_CHARS - 1 - n_end]}…{flat[-n_end:]}"
