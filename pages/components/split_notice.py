"""What is known against the splits that compared runs were judged on."""

from __future__ import annotations

from collections.abc import Sequence

import streamlit as st

from core.workflows.show_run import RunView
from core.workflows.stored_checks import split_notices
from core.workflows.workspace import Workspace
from pages.components.text import escape_markdown


def render_split_notice(workspace: Workspace, runs: Sequence[RunView]) -> None:
    """One warning for each dataset whose split makes scores too good; nothing where none is known to."""
    datasets = {run.spec.dataset_id: run.dataset_name for run in runs}
    for name, found in split_notices(workspace, datasets).items():
        lines = "\n".join(f"- {escape_markdown(warning)}" for warning in found)
        st.warning(lines, icon=":material/warning:", title=f"About the split of {escape_markdown(name)}")
