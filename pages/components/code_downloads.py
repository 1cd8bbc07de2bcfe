"""The same run as ordinary code, folded until somebody asks."""

from __future__ import annotations

from functools import partial

import streamlit as st

from core.workflows.show_run import RunView
from core.workflows.workspace import Workspace
from pages.components.download_button import render_download
from pages.components.kept import run_version
from pages.components.text import escape_markdown

FORMS = {".py": "Script, PY", ".ipynb": "Notebook, IPYNB"}


def render_code_downloads(workspace: Workspace, run: RunView) -> None:
    """Two buttons, or why there are none."""
    with st.expander(
        "The same run as code", icon=":material/code:", key="code-downloads-open", on_change="rerun"
    ) as folder:
        if folder.open:
            _render(workspace, run)


def _render(workspace: Workspace, run: RunView) -> None:
    if not run.has_data:
        st.caption("The data of this run are not in this workspace, and code without them would show nothing.")
        return
    why = _why_not(run_version(workspace, run), _workspace=workspace, _run=run)
    if why:
        st.caption(escape_markdown(why))
        return
    kind = ".zip" if run.modality == "image" else ".jsonl"
    file = f"dataset-{run.spec.dataset_id}{kind}"
    st.markdown(
        "Ordinary torch, timm or transformers and scikit-learn, with comments that say why each step is taken. On the "
        "same data it gives this run's numbers, within half a percentage point."
    )
    with st.container(horizontal=True):
        for ending, label in FORMS.items():
            make = partial(_code, workspace, run.id, ending)
            render_download(label, f"run-{run.id}{ending}", make, key=f"download-code{ending}")
    st.caption(f"It reads the data from `{file}` beside it, which Take these data along on the Data page writes, or:")
    st.code(f"python -m core export-data {run.spec.dataset_id} {file}", language="sh")


@st.cache_data(max_entries=50, show_spinner="Looking at the network")
def _why_not(version: str, *, _workspace: Workspace, _run: RunView) -> str:  # noqa: ARG001 - stands for the run
    from core.workflows.export_code import why_no_code  # brings torch, which the rest of the page can do without

    return why_no_code(_workspace, _run)


def _code(workspace: Workspace, run_id: str, ending: str) -> bytes:
    from core.workflows.export_code import code_bytes

    return code_bytes(workspace, run_id, ending)
