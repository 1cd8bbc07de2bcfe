"""One bar per class: how many samples it has, and how well it is recognised."""

from __future__ import annotations

from collections.abc import Mapping

import plotly.graph_objects as go

from core.datasets.records import SPLIT_NAMES, SplitName
from core.evaluation.records import ClassReport, SplitReport
from core.plots.layout import style_figure
from core.plots.text import plain_text, short_names

SPLIT_TITLES: dict[SplitName, str] = {"train": "Training", "val": "Validation", "test": "Test"}


def plot_class_counts(counts: Mapping[SplitName, Mapping[str, int]]) -> go.Figure:
    """Samples per class, the largest class on top, stacked by split.

    Args:
        counts: for each split the samples per class name; splits without samples are left out.
    """
    totals = _totals(counts)
    ordered = sorted(totals, key=lambda name: (-totals[name], name))
    ticks = short_names(ordered)
    figure = go.Figure()
    for split in SPLIT_NAMES:
        per_class = counts.get(split, {})
        if not any(per_class.values()):
            continue
        title = SPLIT_TITLES[split]
        figure.add_bar(
            x=[per_class.get(name, 0) for name in ordered],
            y=ticks,
            name=title,
            orientation="h",
            hovertext=[
                f"{plain_text(name)}<br>{title}: {per_class.get(name, 0):,} of {totals[name]:,}" for name in ordered
            ],
            hovertemplate="%{hovertext}<extra></extra>",
        )
    figure.update_layout(barmode="stack", legend_traceorder="normal")
    figure.update_xaxes(title_text="Samples", rangemode="tozero")
    return _lay_out_rows(figure, ticks)


def plot_class_f1(report: SplitReport) -> go.Figure:
    """F1 per class, the weakest on top; hovering tells precision, recall and the number of samples."""
    ordered = _weakest_first(report)
    ticks = short_names([row.class_name for row in ordered])
    figure = go.Figure(
        go.Bar(
            x=[row.f1 for row in ordered],
            y=ticks,
            orientation="h",
            text=[f"{row.f1:.2f}" for row in ordered],
            textposition="outside",
            textangle=0,
            cliponaxis=False,
            hovertext=[_class_hover(row) for row in ordered],
            hovertemplate="%{hovertext}<extra></extra>",
        )
    )
    figure.update_xaxes(title_text=f"F1 ({SPLIT_TITLES[report.split].lower()})", range=[0, 1.08], dtick=0.2)
    _lay_out_rows(figure, ticks)
    return figure.update_layout(showlegend=False, margin_t=8)


def describe_class_counts(counts: Mapping[SplitName, Mapping[str, int]]) -> str:
    """The bar chart in words: how many, and the largest and the smallest class."""
    totals = _totals(counts)
    if not totals:
        return "Samples per class; there are none."
    largest = max(totals, key=lambda name: totals[name])
    smallest = min(totals, key=lambda name: totals[name])
    return (
        f'{sum(totals.values())} samples in {len(totals)} classes; the largest is "{largest}" with {totals[largest]}, '
        f'the smallest "{smallest}" with {totals[smallest]}.'
    )


def describe_class_f1(report: SplitReport) -> str:
    """The bar chart in words: the weakest and the strongest class."""
    ordered = _weakest_first(report)
    weakest, strongest = ordered[0], ordered[-1]
    return (
        f"F1 of {len(ordered)} classes on {report.n} {SPLIT_TITLES[report.split].lower()} samples, "
        f'from {weakest.f1:.2f} ("{weakest.class_name}") to {strongest.f1:.2f} ("{strongest.class_name}").'
    )


def _totals(counts: Mapping[SplitName, Mapping[str, int]]) -> dict[str, int]:
    """Samples per class over all splits, classes in the order they are first named."""
    totals: dict[str, int] = {}
    for split in SPLIT_NAMES:
        for name, n in counts.get(split, {}).items():
            totals[name] = totals.get(name, 0) + n
    return totals


def _weakest_first(report: SplitReport) -> list[ClassReport]:
    """Rows by F1, then by name."""
    return sorted(report.classes, key=lambda row: (row.f1, row.class_name))


def _class_hover(row: ClassReport) -> str:
    """What the mouse tells about a class."""
    precision = "none was called so" if row.precision is None else f"{row.precision:.3f}"
    recall = "no samples" if row.recall is None else f"{row.recall:.3f}"
    return (
        f"{plain_text(row.class_name)}<br>F1: {row.f1:.3f}<br>Precision: {precision}<br>"
        f"Recall: {recall}<br>Samples: {row.support:,}"
    )


def _lay_out_rows(figure: go.Figure, ticks: list[str]) -> go.Figure:
    """A height that gives every bar room for its name, up to 150 classes and beyond."""
    row_px = 30 if len(ticks) <= 12 else 20
    style_figure(figure, height_px=100 + row_px * max(1, len(ticks)))
    figure.update_yaxes(
        type="category",
        categoryorder="array",
        categoryarray=ticks,
        range=[len(ticks) - 0.5, -0.5],
        tickmode="linear",
        tick0=0,
        dtick=1,
    )
    return figure.update_layout(bargap=0.25)
