"""The way to be rid of a run, which takes two presses."""

from __future__ import annotations

import streamlit as st

from core.workflows.delete_run import delete_run
from core.workflows.show_run import RunView
from core.workflows.workspace import Workspace

HOME = "pages/home.py"


def render_delete_run(workspace: Workspace, run: RunView) -> None:
    """A button that asks first; for a run that nobody works on."""
    with st.popover("Delete this run", icon=":material/delete:"):
        st.markdown("The model, its history and its report are deleted. The data stay. This cannot be undone.")
        if st.button("Delete for good", key="delete-run", icon=":material/delete_forever:"):
            delete_run(workspace, run.id)
            st.switch_page(HOME)
