"""Precision, recall and F1 of every class, as a table and as bars."""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd
import streamlit as st

from core.evaluation.records import FEW_SAMPLES, ClassReport, Interval, Report, SplitReport
from core.plots.class_bars import describe_class_f1
from pages.components.headline import SPLIT_TITLES

MAX_ROWS, LONG_TABLE_PX = 12, 460


def render_class_table(report: Report) -> None:
    """A table per split, the weakest class first; every column can be sorted."""
    parts = sorted(report.splits, key=lambda part: part.split)
    if len(parts) == 1:
        _render_table(parts[0])
        return
    for tab, part in zip(st.tabs([SPLIT_TITLES[part.split] for part in parts], key="classes"), parts, strict=True):
        with tab:
            _render_table(part)


def _render_table(part: SplitReport) -> None:
    rows = sorted(part.classes, key=lambda row: (row.f1, row.class_name))
    table = pd.DataFrame(
        {
            "Class": [row.class_name for row in rows],
            "F1": [row.f1 for row in rows],
            "F1, 95%": [_f1_range(row) for row in rows],
            "Precision, 95%": [_with_range(row.precision, row.precision_interval) for row in rows],
            "Recall, 95%": [_with_range(row.recall, row.recall_interval) for row in rows],
            "Samples": [row.support for row in rows],
            "Called so": [row.n_predicted for row in rows],
        }
    )
    bar = st.column_config.ProgressColumn("F1", min_value=0.0, max_value=1.0, format="%.3f")
    st.dataframe(
        table,
        hide_index=True,
        column_config={"Class": st.column_config.TextColumn("Class", pinned=True, width="medium"), "F1": bar},
        height="content" if len(rows) <= MAX_ROWS else LONG_TABLE_PX,
        key=f"classes-{part.split}",
        alt=describe_class_f1(part),
    )
    st.caption(_legend(rows))


def _with_range(value: float | None, interval: Interval | None) -> str:
    """The number, and what it may as well be; empty where there is none. Sorting the texts sorts the numbers."""
    if value is None:
        return ""
    if interval is None or interval.low is None or interval.high is None:
        return f"{value:.3f}"
    return f"{value:.3f} ({interval.low:.2f}–{interval.high:.2f})"


def _f1_range(row: ClassReport) -> str:
    if row.support == 0:
        return "no samples"
    if row.is_too_small:
        return "too few to tell"
    interval = row.f1_interval
    if interval is None or interval.low is None or interval.high is None:
        return ""
    return f"{interval.low:.2f}–{interval.high:.2f}"


def _legend(rows: Sequence[ClassReport]) -> str:
    words = "Intervals: Wilson for precision and recall, Wilson indirect for F1."
    if any(row.is_too_small for row in rows):
        words += f" Too few to tell: fewer than {FEW_SAMPLES} samples in this split."
    if any(row.precision is None or row.recall is None for row in rows):
        words += " An empty field: nothing was called so (precision), or the split has no such sample (recall)."
    return words
