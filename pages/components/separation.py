"""How well the scores tell the classes apart: areas, top-k, and both curves of a class or of all."""

from __future__ import annotations

import pandas as pd
import streamlit as st

from core.datasets.records import SplitName
from core.evaluation.records import ClassSeparation, Interval, Report, SeparationCurves, SplitReport
from core.plots.separation import describe_precision_recall, describe_roc, plot_precision_recall, plot_roc
from core.workflows.class_curves import show_curves
from core.workflows.show_run import RunView
from core.workflows.workspace import Workspace
from pages.components.charts import render_chart
from pages.components.frame import page_frame
from pages.components.headline import SPLIT_TITLES
from pages.components.kept import run_version
from pages.components.text import shorten

CARD_PX = 160
NAME_CHARS = 24
MAX_ROWS, LONG_TABLE_PX = 12, 460
ALL_CLASSES = "All classes, macro"
AUROC_HELP = (
    "Area under the ROC curve: how often a sample of the class gets a higher probability for it than a sample of "
    "another class does. 0.5 is chance, 1 a clean separation."
)
PRECISION_HELP = (
    "Average precision, the area under the precision-recall curve. It falls where a rare class drowns in false "
    "alarms, which AUROC hardly shows; chance is the share of the class."
)


@st.fragment
def render_separation(workspace: Workspace, run: RunView, report: Report) -> None:
    """A fold, drawn only while it is open; nothing for a report from before the areas."""
    parts = [part for part in sorted(report.splits, key=lambda part: part.split) if part.separation]
    if not parts:
        return
    with page_frame():
        fold = st.expander(
            "ROC, precision-recall and top-k: does it tell the classes apart, whatever it decides?",
            icon=":material/ssid_chart:",
            key="separation",
            on_change="rerun",
        )
        if fold.open:
            with fold:
                _render(workspace, run, parts)


def _render(workspace: Workspace, run: RunView, parts: list[SplitReport]) -> None:
    with st.container(horizontal=True, vertical_alignment="bottom"):
        split = st.segmented_control(
            "Split",
            [part.split for part in parts],
            default=parts[0].split,
            required=True,
            key="separation-split",
            format_func=SPLIT_TITLES.__getitem__,
        )
        chosen = st.selectbox(
            "Curves of",
            (None, *run.class_names),
            key="separation-class",
            format_func=lambda name: ALL_CLASSES if name is None else name,
        )
    part = next(part for part in parts if part.split == split)
    _render_cards(part)
    _render_curves(workspace, run, part.split, chosen)
    _render_table(part)


def _render_cards(part: SplitReport) -> None:
    found = part.separation
    if found is None:
        return
    with st.grid(4, min_column_width=CARD_PX):
        _card("Macro-AUROC", found.macro_auroc, "{:.3f}", AUROC_HELP)
        _card("Macro-AP", found.macro_average_precision, "{:.3f}", PRECISION_HELP)
        for top in found.top:
            _card(
                f"Among the top {top.k}",
                top.accuracy,
                "{:.1%}",
                f"Share of samples whose class is among the {top.k} most probable.",
            )


def _card(label: str, number: Interval | None, form: str, explained: str) -> None:
    with st.container(border=True, height="stretch", gap="xsmall"):
        st.metric(label, "–" if number is None else form.format(number.value), help=explained)
        if number is None:
            st.caption("This split has samples of one class only.")
        elif number.low is None or number.high is None:
            st.caption(f"No interval: {number.why}")
        else:
            st.caption(f"95% interval {form.format(number.low)}–{form.format(number.high)}")


def _render_curves(workspace: Workspace, run: RunView, split: SplitName, class_name: str | None) -> None:
    curves = _curves(run_version(workspace, run), split, class_name, _workspace=workspace, _run_id=run.id)
    if curves is None:
        st.caption("No curves: this split has no sample of the class, or none of another.")
        return
    name = ALL_CLASSES if class_name is None else shorten(class_name, NAME_CHARS)
    roc, precision_recall = st.columns(2, gap="large")
    with roc:
        figure, words = plot_roc(curves, name), describe_roc(curves)
        render_chart(figure, key="roc", alt=words, file_name=f"roc-{split}")
        st.caption(words)
    with precision_recall:
        figure, words = plot_precision_recall(curves, name), describe_precision_recall(curves)
        render_chart(figure, key="precision-recall", alt=words, file_name=f"precision-recall-{split}")
        st.caption(words)


@st.cache_data(max_entries=100, show_spinner=False)
def _curves(
    version: str,  # noqa: ARG001 - names the report that the underscored arguments lead to
    split: SplitName,
    class_name: str | None,
    *,
    _workspace: Workspace,
    _run_id: str,
) -> SeparationCurves | None:
    return show_curves(_workspace, _run_id, split, class_name)


def _render_table(part: SplitReport) -> None:
    if part.separation is None:
        return
    rows = sorted(part.separation.classes, key=_weakest_first)
    st.dataframe(
        pd.DataFrame(
            {
                "Class": [row.class_name for row in rows],
                "AUROC, 95%": [_with_range(row, row.auroc) for row in rows],
                "Average precision, 95%": [_with_range(row, row.average_precision) for row in rows],
                "By chance": [row.n / part.n for row in rows],
                "Samples": [row.n for row in rows],
            }
        ),
        hide_index=True,
        column_config={
            "Class": st.column_config.TextColumn("Class", pinned=True, width="medium"),
            "By chance": st.column_config.NumberColumn(
                format="%.3f", help="The average precision of scores that know nothing: the share of the class."
            ),
        },
        height="content" if len(rows) <= MAX_ROWS else LONG_TABLE_PX,
        key=f"separation-{part.split}",
        alt=_describe_table(rows),
    )
    st.caption(
        "Each class against all others, the weakest first. Intervals: Newcombe's score interval for AUROC, the logit "
        "interval of Boyd, Eng & Page for average precision, the infinitesimal jackknife for the means."
    )


def _weakest_first(row: ClassSeparation) -> tuple[float, str]:
    return (2.0 if row.average_precision is None else row.average_precision.value, row.class_name)


def _with_range(row: ClassSeparation, number: Interval | None) -> str:
    """The number and what it may as well be, or why there is none. Sorting the texts sorts the numbers."""
    if number is None:
        return row.why
    if number.low is None or number.high is None:
        return f"{number.value:.3f}"
    return f"{number.value:.3f} ({number.low:.2f}–{number.high:.2f})"


def _describe_table(rows: list[ClassSeparation]) -> str:
    known = [row for row in rows if row.auroc and row.average_precision]
    if not known:
        return "Areas per class: none can be computed on this split."
    ends = f"{_words(known[0])} is the weakest, {_words(known[-1])} the best"
    return f"Areas of {len(known)} classes: by average precision {ends}."


def _words(row: ClassSeparation) -> str:
    value = "unknown" if row.average_precision is None else f"{row.average_precision.value:.3f}"
    return f"{row.class_name} ({value})"
