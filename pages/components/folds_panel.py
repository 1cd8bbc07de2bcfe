"""How good with few samples? A question about a finished run, asked by a button."""

from __future__ import annotations

import streamlit as st

from core.evaluation.records import SMALL_DATA
from core.jobs.study import Study
from core.workflows.cross_validate import USUAL_FOLDS, folds_in_words, why_no_folds
from core.workflows.inspect_dataset import load_dataset
from core.workflows.show_run import RunView
from core.workflows.stored_studies import load_folds
from core.workflows.workspace import Workspace
from pages.components.study_panel import render_study
from pages.components.text import escape_markdown
from pages.components.time_words import age_words, duration_words

OPEN_KEY = "folds-open"
FOLDS = (2, 3, 5, 10)


def render_folds_panel(workspace: Workspace, run: RunView) -> str:
    """A folded panel; gives why there is none, one sentence, for a run that trained stages."""
    if why := why_no_folds(run.spec.strategy):
        return why
    with st.expander(
        "How good, judged by all samples?", icon=":material/grid_view:", key=OPEN_KEY, on_change="rerun"
    ) as folder:
        if folder.open:
            _render(workspace, run)
    return ""


def _render(workspace: Workspace, run: RunView) -> None:
    n = load_dataset(workspace, run.spec.dataset_id).n_samples
    few = f" With {n:,} samples the validation part is small, and this tells more." if n < SMALL_DATA else ""
    st.caption(
        "Cross-validation: all samples are dealt out to folds, and each fold is predicted by a head on "
        f"the same frozen features that was fitted to the others.{few} Test samples are asked as well, so do not "
        "choose by this number what the test part is to judge."
    )
    found = load_folds(workspace, run.id)
    n_folds = st.segmented_control("Folds", FOLDS, default=USUAL_FOLDS, required=True, key="folds-n")
    study = Study(kind="folds", run_id=run.id, variant=str(n_folds))
    render_study(workspace, study, label="Cross-validate again" if found else "Cross-validate")
    if found is None:
        return
    first, *rest = map(escape_markdown, folds_in_words(found))
    st.markdown(f"**{first}**")
    for sentence in rest:
        st.caption(sentence)
    st.caption(f"It took {duration_words(found.seconds)}, {age_words(found.created_at)}.")
