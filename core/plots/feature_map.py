"""Samples as points in the plane, coloured by what is known about them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
import plotly.graph_objects as go

from core.arrays import BoolArray, IntArray
from core.evaluation.records import FeatureMap, Plane
from core.plots.layout import CHART_CONFIG, style_figure
from core.plots.palette import FROZEN, MARK, TRAINABLE
from core.plots.text import plain_text, short_names

ColourBy = Literal["class", "prediction", "split", "correctness"]

MAP_CONFIG = {
    **CHART_CONFIG,
    "displayModeBar": True,
    "modeBarButtons": [["pan2d", "lasso2d", "zoomIn2d", "zoomOut2d", "resetScale2d", "toImage"]],
}
"""As of every chart, and buttons to move about; the wheel is left to the page."""

HEIGHT_PX, LEGEND_ROW_PX, LEGEND_COLUMNS = 420, 19, 4
MAX_COLOURED = 20
"""Groups with colours and marks of their own; of more classes, chosen ones stand out of the others."""

MAX_STANDING_OUT = 10
N_COLOURS = 10
"""Of the theme; a second round of them has another mark."""

MARKS = ("circle", "diamond")
EXCERPT_CHARS = 70
SPLITS = {"train": "Training", "val": "Validation", "test": "Test"}


def plot_feature_map(
    found: FeatureMap,
    plane: Plane,
    colour_by: ColourBy,
    class_names: Sequence[str],
    *,
    standing_out: Sequence[int] = (),
    texts: Sequence[str] = (),
) -> go.Figure:
    """One trace per group of points; each point knows its number, for whoever asks which were chosen.

    Args:
        found: what is known about the points.
        plane: where they lie.
        colour_by: what makes a group.
        class_names: in label order.
        standing_out: of more than 20 classes, the labels that have colours; all others are grey.
        texts: of every point, for a glance; empty for images.
    """
    figure = go.Figure()
    told = _told(found, class_names, texts)
    n_groups = 0
    for group in _groups(found, colour_by, class_names, standing_out):
        points = np.flatnonzero(group.members)
        figure.add_trace(
            go.Scattergl(
                x=plane.positions[points, 0],
                y=plane.positions[points, 1],
                customdata=points.astype(np.int32),
                text=[told[point] for point in points],
                mode="markers",
                name=f"{group.name} ({len(points):,})",
                marker=_marker(group, found.n_samples),
                hovertemplate="%{text}<extra></extra>",
            )
        )
        n_groups += 1
    titles = _axis_titles(plane)
    figure.update_xaxes(title_text=titles[0], showticklabels=False, showgrid=False, zeroline=False)
    figure.update_yaxes(title_text=titles[1], showticklabels=False, showgrid=False, zeroline=False, scaleanchor="x")
    legend_px = LEGEND_ROW_PX * -(-n_groups // LEGEND_COLUMNS)
    style_figure(figure, height_px=HEIGHT_PX + legend_px)
    # A legend of many rows stands below, where it does not push the points down.
    figure.update_layout(
        dragmode="pan",
        margin_t=30,
        margin_b=legend_px + 24,
        showlegend=True,
        legend={"y": 0, "yref": "container", "yanchor": "bottom", "itemsizing": "constant", "font": {"size": 11}},
    )
    return figure


def describe_feature_map(found: FeatureMap, plane: Plane, n_classes: int) -> str:
    """What the picture shows, and the share of points whose answer is right."""
    states = {"before": "before the training", "after": "after the training", "frozen": "of the frozen backbone"}
    how = "along the two main directions" if found.method == "pca" else "by t-SNE, neighbours near each other"
    right = float((found.labels == found.predictions).mean())
    return (
        f"{found.n_samples:,} samples of {n_classes} classes as points, their features {states[plane.state]} laid out "
        f"{how}; the model is right about {right:.1%} of them."
    )


def most_mistaken(found: FeatureMap, n_classes: int, *, n: int = MAX_STANDING_OUT) -> tuple[int, ...]:
    """The classes that most mistakes have to do with, as truth or as answer, in label order.

    Only of samples that were not learned from.
    """
    is_wrong = (found.labels != found.predictions) & (found.splits != "train")
    counts = sum(np.bincount(labels[is_wrong], minlength=n_classes) for labels in (found.labels, found.predictions))
    return tuple(sorted(np.argsort(-np.asarray(counts), kind="stable")[:n].tolist()))


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class _Group:
    """Points of one colour; `colour` None takes the next one of the theme."""

    name: str
    members: BoolArray
    colour: str | None = None
    mark: str = MARKS[0]
    opacity: float = 0.8


def _groups(
    found: FeatureMap, colour_by: ColourBy, class_names: Sequence[str], standing_out: Sequence[int]
) -> Iterator[_Group]:
    if colour_by == "split":
        yield from (_Group(name=name, members=found.splits == split) for split, name in SPLITS.items())
    elif colour_by == "correctness":
        is_right = found.labels == found.predictions
        yield _Group(name="Right", members=is_right, colour=FROZEN, opacity=0.45)
        yield _Group(name="Wrong", members=~is_right, colour=TRAINABLE, opacity=0.95)
    else:
        labels = found.labels if colour_by == "class" else found.predictions
        yield from _class_groups(labels, class_names, standing_out)


def _class_groups(labels: IntArray, class_names: Sequence[str], standing_out: Sequence[int]) -> Iterator[_Group]:
    names = short_names(class_names)
    chosen: Sequence[int] = range(len(names))
    if len(names) > MAX_COLOURED:
        chosen = standing_out
        others = ~np.isin(labels, chosen)
        # First, so that it lies below.
        yield _Group(name=f"{len(names) - len(chosen)} other classes", members=others, colour=MARK, opacity=0.25)
    for place, label in enumerate(chosen):
        yield _Group(name=names[label], members=labels == label, mark=MARKS[place // N_COLOURS % len(MARKS)])


def _marker(group: _Group, n_samples: int) -> dict[str, object]:
    size = 8 if n_samples < 500 else 6 if n_samples < 3_000 else 4.5
    marker: dict[str, object] = {"size": size, "opacity": group.opacity, "symbol": group.mark}
    return marker if group.colour is None else marker | {"color": group.colour}


def _told(found: FeatureMap, class_names: Sequence[str], texts: Sequence[str]) -> list[str]:
    """What stands at each point under the pointer."""
    names = short_names(class_names)
    about = [
        f"{names[true]}, {SPLITS[split].lower()}"
        + ("" if true == answer else f", taken for <b>{names[answer]}</b>")
        + f" ({probability:.0%})"
        for true, answer, probability, split in zip(
            found.labels, found.predictions, found.probabilities, found.splits, strict=True
        )
    ]
    return [f"{first}<br>{_excerpt(text)}" for first, text in zip(about, texts, strict=True)] if texts else about


def _excerpt(text: str) -> str:
    line = " ".join(text.split())
    return plain_text(line if len(line) <= EXCERPT_CHARS else f"{line[:EXCERPT_CHARS].rstrip()}…")


def _axis_titles(plane: Plane) -> tuple[str, str]:
    if not plane.shares:
        return "", ""
    first, second = plane.shares
    return f"Main direction ({first:.0%} of the variance)", f"Second direction ({second:.0%})"
