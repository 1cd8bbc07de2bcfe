"""What was taken for what: the matrix, the strongest confusions in words, and the samples of one cell."""

from __future__ import annotations

from typing import cast

import streamlit as st

from core.datasets.records import SplitName
from core.evaluation.records import Confusion, Report, SplitReport
from core.plots.confusion import ClassOrder, describe_confusion_matrix
from core.workflows.review_run import strongest_confusions
from core.workflows.show_run import RunView
from core.workflows.workspace import Workspace
from pages.components.charts import BORDER_PX, chart_config
from pages.components.frame import page_frame
from pages.components.headline import SPLIT_TITLES
from pages.components.kept import matrix_figure, run_version, samples_of_cell
from pages.components.run_samples import render_samples_of
from pages.components.text import escape_markdown, shorten

SIDE_BY_SIDE_MAX_CLASSES = 12
BESIDE_PX = 350
"""Side of a matrix that stands beside its samples."""

N_CONFUSIONS = 6
CELL_SAMPLES = 6
NAME_CHARS = 32
TRUE_KEY, PREDICTED_KEY = "cell-true", "cell-predicted"
ORDERS = {"label": "By name", "similar": "By similarity", "mistakes": "By mistakes"}
CELLS = {"counts": "Counts", "share": "Row per cent"}


@st.fragment
def render_confusion(workspace: Workspace, run: RunView, report: Report) -> None:
    """The section; what is pressed in it redraws it alone."""
    with page_frame():
        part, normalise, order = _render_controls(report)
        fits_beside = len(report.class_names) <= SIDE_BY_SIDE_MAX_CLASSES
        matrix, side = st.columns([3, 2], gap="large") if fits_beside else (st.container(), st.container())
        with matrix:
            _render_matrix(workspace, run, part, report.class_names, normalise, order)
        with side:
            _render_strongest(part, report.class_names)
            _render_cell(workspace, run, part, report.class_names)


def _render_controls(report: Report) -> tuple[SplitReport, bool, ClassOrder]:
    splits = [part.split for part in sorted(report.splits, key=lambda part: part.split)]
    with st.container(horizontal=True, gap="medium", vertical_alignment="bottom"):
        split: str | None = splits[0]
        if len(splits) > 1:
            split = st.segmented_control(
                "Split",
                splits,
                key="matrix-split",
                default=split,
                required=True,
                format_func=SPLIT_TITLES.__getitem__,
                on_change=_forget_cell,
            )
        cells = st.segmented_control(
            "Cells", list(CELLS), key="matrix-cells", default="counts", required=True, format_func=CELLS.__getitem__
        )
        order = st.segmented_control(
            "Order", list(ORDERS), key="matrix-order", default="label", required=True, format_func=ORDERS.__getitem__
        )
    part = report.split(cast(SplitName, split)) or report.splits[0]
    return part, cells == "share", cast(ClassOrder, order)


def _render_matrix(
    workspace: Workspace,
    run: RunView,
    part: SplitReport,
    class_names: tuple[str, ...],
    normalise: bool,
    order: ClassOrder,
) -> None:
    figure = matrix_figure(
        run_version(workspace, run),
        part.split,
        normalise=normalise,
        order=order,
        max_side_px=BESIDE_PX if len(class_names) <= SIDE_BY_SIDE_MAX_CLASSES else None,
        _part=part,
        _class_names=class_names,
    )
    key = f"matrix-{run.id}-{part.split}-{order}-{normalise}"
    with st.container(key="matrix-box", height=int(figure.layout.height) + BORDER_PX, border=False):
        st.plotly_chart(
            figure,
            key=key,
            alt=describe_confusion_matrix(part.confusion_matrix, class_names),
            config=chart_config(f"confusion-matrix-{part.split}"),
            on_select=lambda: _take_click(key),
            selection_mode="points",
        )
    st.caption("Rows are true classes, columns what the model said. Press a cell to see its samples.")


def _take_click(key: str) -> None:
    """The chart's selection sets the two boxes, which decide what is shown."""
    points = st.session_state[key]["selection"]["points"]
    if points:
        true, predicted = points[0]["customdata"]
        _show_cell(int(true), int(predicted))


def _show_cell(true: int, predicted: int) -> None:
    st.session_state[TRUE_KEY], st.session_state[PREDICTED_KEY] = true, predicted


def _forget_cell() -> None:
    """The cell looked at in one split says little about another; its strongest confusion comes first there."""
    for key in (TRUE_KEY, PREDICTED_KEY):
        st.session_state.pop(key, None)


def _render_strongest(part: SplitReport, class_names: tuple[str, ...]) -> None:
    found = strongest_confusions(part.confusion_matrix, n=N_CONFUSIONS)
    st.markdown("**Strongest confusions**")
    if not found:
        st.caption("None: every sample of this split is right.")
    with st.container(gap="xsmall", key="strongest"):
        for cell in found:
            st.button(
                _in_words(cell, class_names),
                key=f"confusion-{cell.true_label}-{cell.predicted_label}",
                type="tertiary",
                icon=":material/search:",
                help="Show these samples",
                on_click=_show_cell,
                args=(cell.true_label, cell.predicted_label),
            )


def _in_words(cell: Confusion, class_names: tuple[str, ...]) -> str:
    true, predicted = (
        escape_markdown(shorten(class_names[label], 32)) for label in (cell.true_label, cell.predicted_label)
    )
    return f"{true} taken for {predicted}: {cell.n} ({cell.share:.0%})"


def _render_cell(workspace: Workspace, run: RunView, part: SplitReport, class_names: tuple[str, ...]) -> None:
    st.markdown("**Samples of a cell**")
    counts = part.confusion_matrix
    rows = [label for label, row in enumerate(counts) if sum(row)]
    first = strongest_confusions(counts, n=1)
    true_box, predicted_box = st.columns(2)
    with true_box:
        _require_option(TRUE_KEY, rows, first[0].true_label if first else rows[0])
        true = st.selectbox("True class", rows, key=TRUE_KEY, format_func=lambda label: class_names[label])
    with predicted_box:
        found = sorted((label for label, n in enumerate(counts[true]) if n), key=lambda label: (label == true, label))
        _require_option(PREDICTED_KEY, found, max(found, key=lambda label: (label != true, counts[true][label])))
        predicted = st.selectbox(
            "Predicted class",
            found,
            key=PREDICTED_KEY,
            format_func=lambda label: f"{class_names[label]} ({counts[true][label]})",
        )
    samples = samples_of_cell(
        run_version(workspace, run),
        part.split,
        class_names[true],
        class_names[predicted],
        _workspace=workspace,
        _run_id=run.id,
    )
    st.caption(f"{len(samples)} of {part.n:,} {SPLIT_TITLES[part.split].lower()} samples")
    render_samples_of(workspace, run, samples, key="cell", per_page=CELL_SAMPLES)


def _require_option(key: str, options: list[int], default: int) -> None:
    """A class chosen for another split or row may have no samples here."""
    if st.session_state.get(key) not in options:
        st.session_state[key] = default
