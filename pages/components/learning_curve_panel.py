"""Would more data help? A question about a finished run, asked by a button."""

from __future__ import annotations

import streamlit as st

from core.evaluation.records import LearningCurve
from core.jobs.study import Study
from core.plots.learning_curve import describe_learning_curve, plot_learning_curve
from core.workflows.measure_learning_curve import curve_in_words, why_no_curve
from core.workflows.show_run import RunView
from core.workflows.stored_studies import load_curve
from core.workflows.workspace import Workspace
from pages.components.charts import render_chart
from pages.components.study_panel import render_study
from pages.components.text import escape_markdown
from pages.components.time_words import age_words, duration_words

OPEN_KEY = "learning-curve-open"


def render_learning_curve_panel(workspace: Workspace, run: RunView) -> str:
    """A folded panel; gives why there is none, for a run without pretrained features."""
    if why := why_no_curve(run):
        return f"Whether more data would help cannot be told. {why}"
    with st.expander("Would more data help?", icon=":material/trending_up:", key=OPEN_KEY, on_change="rerun") as folder:
        if folder.open:
            _render(workspace, run)
    return ""


def _render(workspace: Workspace, run: RunView) -> None:
    st.caption(
        "Fits heads to more and more of the training samples, several draws of each size, on the frozen features of "
        "this run's backbone, and scores them on validation. Nothing else is trained, and the test split is not "
        "looked at."
    )
    curve = load_curve(workspace, run.id)
    render_study(
        workspace,
        Study(kind="learning-curve", run_id=run.id),
        label="Measure it again" if curve else "Measure it",
    )
    if curve is not None:
        _render_curve(curve)


def _render_curve(curve: LearningCurve) -> None:
    promise, verdict, check = map(escape_markdown, curve_in_words(curve))
    st.markdown(f"**{promise}** {verdict}")
    render_chart(
        plot_learning_curve(curve),
        key="learning-curve",
        alt=describe_learning_curve(curve),
        file_name="learning-curve",
    )
    st.caption(check)
    st.caption(
        f"{curve.n_val:,} validation samples. The band comes of other draws and other validation samples, under the "
        "assumption that errors fall as a power of the number of samples, and that new samples are like these. It took "
        f"{duration_words(curve.seconds)}, {age_words(curve.created_at)}."
    )
