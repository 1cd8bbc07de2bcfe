"""Precision, recall and F1 of every class, as a table and as bars."""

from __future__ import annotations

import pandas as pd
import streamlit as st

from core.evaluation.records import Report, SplitReport
from core.plots.class_bars import describe_class_f1
from pages.components.headline import SPLIT_TITLES

MAX_ROWS, LONG_TABLE_PX = 12, 460
NUMBERS = ("Precision", "Recall", "F1")


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
            "Precision": [row.precision for row in rows],
            "Recall": [row.recall for row in rows],
            "F1": [row.f1 for row in rows],
            "Samples": [row.support for row in rows],
            "Called so": [row.n_predicted for row in rows],
        }
    )
    bars = {
        name: st.column_config.ProgressColumn(name, min_value=0.0, max_value=1.0, format="%.3f") for name in NUMBERS
    }
    st.dataframe(
        table,
        hide_index=True,
        column_config={"Class": st.column_config.TextColumn("Class", pinned=True, width="medium"), **bars},
        height="content" if len(rows) <= MAX_ROWS else LONG_TABLE_PX,
        key=f"classes-{part.split}",
        alt=describe_class_f1(part),
    )
    if any(row.precision is None or row.recall is None for row in rows):
        st.caption("An empty field: nothing was called so (precision), or the split has no such sample (recall).")
