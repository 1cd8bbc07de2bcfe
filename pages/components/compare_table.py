"""Runs side by side in numbers: how good, how sure, how much trained, how long it took, what was set differently."""

from __future__ import annotations

import pandas as pd
import streamlit as st

from core.evaluation.records import Interval
from core.plots.scores_over_time import RunPoint, describe_scores_over_time, plot_scores_over_time
from core.workflows.compare_runs import PairTest, RunComparison, points_words, standing, total_seconds
from core.workflows.show_run import RunView
from pages.components.charts import render_chart
from pages.components.compare_choice import MARKS, marked_names
from pages.components.headline import SPLIT_TITLES

PER_CENT = st.column_config.NumberColumn(format="percent")


def render_numbers(comparison: RunComparison) -> None:
    """A row per run; the first is what the others are held against."""
    title = SPLIT_TITLES[comparison.split].lower()
    rows = [_row(comparison, place, title) for place in range(len(comparison.runs))]
    table = pd.DataFrame(rows)
    st.dataframe(
        table,
        hide_index=True,
        height="content",
        column_config={
            "Run": st.column_config.TextColumn(pinned=True, width="medium"),
            f"Accuracy, {title}": PER_CENT,
            "Accuracy, validation": PER_CENT,
            f"Macro-F1, {title}": st.column_config.NumberColumn(format="%.3f"),
            "Trains": st.column_config.NumberColumn(format="percent", help="Share of the parameters that trained."),
            "Seconds": st.column_config.NumberColumn(format="%.1f"),
            "Against A": st.column_config.TextColumn(width="large"),
        },
        key="compared-numbers",
        alt=f"Accuracy, macro-F1, trainable share and seconds of {len(rows)} runs.",
    )


def render_cost_chart(comparison: RunComparison) -> None:
    """What each run reached against how long it took."""
    points = run_points(comparison)
    st.subheader("What the time bought", icon=":material/timer:", anchor=False)
    render_chart(
        plot_scores_over_time(points),
        key="scores-over-time",
        alt=describe_scores_over_time(points),
        file_name="scores-over-time",
    )
    st.caption("Validation accuracy with its 95% interval. What earlier runs had computed and kept cost no time again.")


def run_points(comparison: RunComparison) -> tuple[RunPoint, ...]:
    """The runs as points of the chart; those without validation numbers are left out."""
    names = marked_names(comparison.names)
    reports = [run.report.split("val") if run.report else None for run in comparison.runs]
    return tuple(
        RunPoint(mark=mark, name=name, seconds=total_seconds(run), accuracy=part.accuracy)
        for mark, name, run, part in zip(MARKS, names, comparison.runs, reports, strict=False)
        if part is not None
    )


def render_differences(comparison: RunComparison) -> None:
    """The settings that are not the same in all runs."""
    if not comparison.differences:
        st.caption("All settings are the same: what differs is chance.")
        return
    columns = {"Setting": [row.label for row in comparison.differences]}
    for place, name in enumerate(marked_names(comparison.names)):
        columns[name] = [row.values[place] for row in comparison.differences]
    st.dataframe(
        pd.DataFrame(columns),
        hide_index=True,
        height="content",
        column_config={"Setting": st.column_config.TextColumn(pinned=True)},
        key="compared-settings",
        alt="The settings in which the runs differ.",
    )


def _row(comparison: RunComparison, place: int, title: str) -> dict[str, object]:
    run = comparison.runs[place]
    part = run.report.split(comparison.split) if run.report else None
    row: dict[str, object] = {
        "Run": marked_names(comparison.names)[place],
        f"Accuracy, {title}": part.accuracy.value if part else None,
        "95% interval": _interval_words(part.accuracy) if part else "",
        f"Macro-F1, {title}": part.macro_f1.value if part else None,
    }
    if comparison.split != "val":
        row["Accuracy, validation"] = _val_accuracy(run)
    return row | {
        "Trains": run.parameters.trainable_share if run.parameters else None,
        "Seconds": total_seconds(run),
        "Against A": "–" if place == 0 else against_words(comparison.test_of(comparison.runs[0].id, run.id)),
    }


def against_words(test: PairTest) -> str:
    """How the second run of a test stands to the first."""
    if test.found is None:
        return test.why_not
    words = {"tied": "not distinguishable"}
    how = standing(test, test.second)
    return f"{words.get(how, how)}, {points_words(test.found.accuracy)}"


def _val_accuracy(run: RunView) -> float | None:
    part = run.report.split("val") if run.report else None
    return part.accuracy.value if part else None


def _interval_words(number: Interval) -> str:
    if number.low is None or number.high is None:
        return ""
    return f"{100 * number.low:.1f}–{100 * number.high:.1f}%"
