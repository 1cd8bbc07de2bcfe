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

PER_CENT = "%.1f%%"


def render_numbers(comparison: RunComparison) -> None:
    """A row per run; the first is what the others are held against."""
    st.caption(
        f"Accuracy and macro-F1 on the {SPLIT_TITLES[comparison.split].lower()} split. "
        "Differences are accuracy less that of A, with 95% intervals."
    )
    number = st.column_config.NumberColumn
    st.dataframe(
        pd.DataFrame([_row(comparison, place) for place in range(len(comparison.runs))]),
        hide_index=True,
        height="content",
        column_config={
            "Run": st.column_config.TextColumn(pinned=True, width=170),
            "Accuracy": number(format=PER_CENT),
            "Macro-F1": number(format="%.3f"),
            "Validation": number(format=PER_CENT, help="Accuracy on the validation split."),
            "Trains": number(format=PER_CENT, help="Share of the parameters that trained, the head included."),
            "Seconds": number(format="%.1f"),
        },
        key="compared-numbers",
        alt=f"Accuracy, macro-F1, trainable share and seconds of {len(comparison.runs)} runs.",
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


def _row(comparison: RunComparison, place: int) -> dict[str, object]:
    run, first = comparison.runs[place], comparison.runs[0]
    part = run.report.split(comparison.split) if run.report else None
    verdict, difference = ("–", "–") if run is first else against_words(comparison.test_of(first.id, run.id))
    row: dict[str, object] = {
        "Run": marked_names(comparison.names)[place],
        "Accuracy": 100 * part.accuracy.value if part else None,
        "95% interval": _interval_words(part.accuracy) if part else "",
        "Against A": verdict,
        "Difference": difference,
        "Trains": 100 * run.parameters.trainable_share if run.parameters else None,
        "Seconds": total_seconds(run),
        "Macro-F1": part.macro_f1.value if part else None,
        "Samples": part.n if part else 0,
    }
    if comparison.split != "val":
        row["Validation"] = _val_per_cent(run)
    return row


def against_words(test: PairTest) -> tuple[str, str]:
    """How the second run of a test stands to the first, and their difference."""
    if test.found is None:
        return "no test", test.why_not
    how = standing(test, test.second)
    return "not distinguishable" if how == "tied" else how, points_words(test.found.accuracy)


def _val_per_cent(run: RunView) -> float | None:
    part = run.report.split("val") if run.report else None
    return 100 * part.accuracy.value if part else None


def _interval_words(number: Interval) -> str:
    if number.low is None or number.high is None:
        return ""
    return f"{100 * number.low:.1f}–{100 * number.high:.1f}%"
