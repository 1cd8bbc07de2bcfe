"""What did fine-tuning change? How far each stage of a finished run went, asked by a button."""

from __future__ import annotations

import streamlit as st

from core.evaluation.records import Drift
from core.jobs.study import Study
from core.plots.drift import describe_drift, plot_drift
from core.workflows.measure_drift import drift_in_words, why_no_drift
from core.workflows.show_run import RunView
from core.workflows.stored_studies import load_drift
from core.workflows.workspace import Workspace
from pages.components.charts import render_chart
from pages.components.study_panel import render_study
from pages.components.text import escape_markdown
from pages.components.time_words import age_words, duration_words

OPEN_KEY = "drift-open"


def render_drift_panel(workspace: Workspace, run: RunView) -> str:
    """A folded panel; gives why there is none, where there is nothing to compare."""
    if why := why_no_drift(run):
        return f"How far the stages moved is no question here. {why}"
    with st.expander(
        "What did training change in the network?", icon=":material/layers:", key=OPEN_KEY, on_change="rerun"
    ) as folder:
        if folder.open:
            _render(workspace, run)
    return ""


def _render(workspace: Workspace, run: RunView) -> None:
    st.caption(
        "Compares the pretrained network with the trained one, stage by stage: how differently each stage describes "
        "the same validation samples now, and how far its weights moved."
    )
    drift = load_drift(workspace, run.id)
    render_study(workspace, Study(kind="drift", run_id=run.id), label="Compare them again" if drift else "Compare them")
    if drift is not None:
        _render_drift(drift)


def _render_drift(drift: Drift) -> None:
    st.markdown(f"**{escape_markdown(drift_in_words(drift))}**")
    render_chart(plot_drift(drift), key="drift", alt=describe_drift(drift), file_name="drift")
    st.caption(
        f"On {drift.n_samples:,} of {drift.n_val:,} validation samples. 1 − CKA is 0 where a stage describes them as "
        "before, up to turning and scaling, and 1 where nothing of that is left (centred kernel alignment: Kornblith "
        "et al. 2019; the estimate without bias: Murphy et al. 2024). Weights: norm of the difference over norm of "
        f"the start. It took {duration_words(drift.seconds)}, {age_words(drift.created_at)}."
    )
