"""A network to begin with that a run of one's own has made."""

from __future__ import annotations

import streamlit as st

from core.backbones.records import BackboneInfo
from core.datasets.records import Modality
from core.errors import UserError
from core.workflows.ancestry import ancestor_of, warn_before
from core.workflows.inspect_dataset import load_dataset
from core.workflows.start_from_run import list_beginnings, start_from_run
from core.workflows.workspace import Workspace
from pages.components import draft
from pages.components.frame import render_error
from pages.components.run_names import name_runs
from pages.components.text import escape_markdown

RUN_KEY = "begin-with-run"


def render_from_run(workspace: Workspace, dataset_id: str, modality: Modality, chosen: BackboneInfo) -> None:
    """The runs that trained stages, and what speaks against the one that is chosen.

    Args:
        workspace: where they lie.
        dataset_id: whose choices are changed.
        modality: what a network must take.
        chosen: the present choice.
    """
    with st.container(gap="small"):
        st.markdown("**From a run of yours**")
        found = name_runs(list_beginnings(workspace, modality))
        if not found:
            st.caption("No run here has trained stages of a network for such data yet; one that has can be begun with.")
            return
        st.caption("Its trained stages are where the new run begins, on these data or others, below a new head.")
        with st.container(horizontal=True, vertical_alignment="bottom"):
            run_id = st.selectbox("Run", list(found), format_func=found.__getitem__, key=RUN_KEY)
            is_wanted = st.button("Start from it", key="begin-take", icon=":material/start:")
        if is_wanted:
            _take(workspace, dataset_id, run_id)
        if ancestor := ancestor_of(chosen.row.id):
            st.markdown(f":material/check_circle: Chosen: **{escape_markdown(chosen.row.title)}**.")
            for warning in warn_before(chosen.row.id, load_dataset(workspace, dataset_id)):
                st.warning(
                    escape_markdown(warning), title=f"Run {ancestor} knows these samples", icon=":material/warning:"
                )


def _take(workspace: Workspace, dataset_id: str, run_id: str) -> None:
    try:
        with st.spinner("Taking its network"):
            own = start_from_run(workspace, run_id)
    except UserError as error:
        render_error(error)
        return
    draft.choose_model(dataset_id, own.id)
    st.rerun()
