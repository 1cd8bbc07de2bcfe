"""A run's model to the Hugging Face Hub: only to a named repository, and only after it is said what leaves."""

from __future__ import annotations

import streamlit as st

from core.jobs.studies import read_study
from core.jobs.study import Study
from core.workflows.push_model import usual_format
from core.workflows.show_run import RunView
from core.workflows.stored_exports import get_format
from core.workflows.workspace import Workspace
from pages.components.entrance import access_policy
from pages.components.study_panel import render_study
from pages.components.text import escape_markdown


def render_push(workspace: Workspace, run: RunView) -> None:
    """A fold with the name, what leaves this machine, a box to tick, and the button that sends.

    Not on a server that others use: the account that is logged in belongs to whoever runs it.
    """
    if access_policy().needs_sign_in:
        return
    kind = get_format(usual_format(run))
    with st.expander("Send the model to the Hugging Face Hub", icon=":material/cloud_upload:"):
        repository = st.text_input("Repository", placeholder="OWNER/NAME", key="push-repository", max_chars=200).strip()
        st.caption(
            escape_markdown(
                f"These leave this machine: the network with its weights as {kind.title}, the names of the classes, "
                "and the model card with the settings and the numbers of this run. No sample of the data does. A new "
                "repository is private, and one that everybody can see gets nothing. It is sent by the account that is "
                "logged in here (hf auth login, or HF_TOKEN)."
            )
        )
        agreed = st.checkbox("Yes, these may leave this machine", key="push-agreed")
        if not (repository and agreed):
            return
        study = Study(kind="push", run_id=run.id, variant=repository)
        render_study(workspace, study, label="Send")
        status = read_study(workspace.root, study)
        if status is not None and status.state == "done":
            st.success(f"Sent to {escape_markdown(repository)}.", icon=":material/check:")
