"""Runs that travel: one as a file to take along, and such a file opened here."""

from __future__ import annotations

from functools import partial

import streamlit as st

from core.errors import ConfigurationError, UserError
from core.workflows.pack import Packed, pack_bytes, plan_pack
from core.workflows.show_run import RunView
from core.workflows.workspace import Workspace
from pages.components import state
from pages.components.dataset_downloads import MAX_DOWNLOAD_BYTES
from pages.components.download_button import render_download
from pages.components.entrance import current_person
from pages.components.frame import render_error
from pages.components.text import escape_markdown
from pages.components.uploads import discard, render_uploader, size_text

PACKED = "packed"
RESULTS = "pages/results.py"


def render_pack_run(workspace: Workspace, run: RunView) -> None:
    """A folded panel that makes a file of a run, to be opened in another workspace."""
    with st.expander(
        "Take this run to another Headstart", icon=":material/package_2:", key="pack-open", on_change="rerun"
    ) as folder:
        if folder.open:
            st.markdown(
                "One file with all that the run is, to be opened on Home there: it shows the same results and gives "
                "the same answers."
            )
            with_samples = run.has_data and st.checkbox(
                "With the samples it learned from",
                value=True,
                key="pack-samples",
                help="Without them the run can be read and predicts, but shows no samples and cannot go on training.",
            )
            _render_file(workspace, run.id, with_samples=with_samples)


def render_open_packed() -> None:
    """A folded panel that takes in a file, and then goes to what was in it."""
    with st.expander("Open a packed run or workspace", icon=":material/folder_zip:", key="packed-open"):
        st.caption(
            "Every file in it is checked before anything appears here. What this workspace has already stays as it is."
        )
        files = render_uploader(PACKED, "file", "Packed file, .zip")
        if len(files) > 1:
            render_error(ConfigurationError("One packed file is opened at a time.", "Hand over one of them."))
        elif files and st.button("Open it", key="packed-take", type="primary", icon=":material/folder_open:"):
            _open()


def _render_file(workspace: Workspace, run_id: str, *, with_samples: bool) -> None:
    try:
        planned = plan_pack(workspace, run_id, with_samples=with_samples)
    except UserError as error:
        render_error(error)
        return
    st.caption(f"{size_text(planned.n_bytes)}. {planned.privacy}{_others(planned)}")
    if planned.n_bytes > MAX_DOWNLOAD_BYTES:
        left_out = "" if with_samples else " --no-samples"
        st.markdown("Too large for a browser. On the command line:")
        st.code(f"python -m core pack run-{run_id}.zip --run {run_id}{left_out}", language="sh")
        return
    render_download(
        "The packed run, ZIP",
        f"run-{run_id}.zip",
        partial(pack_bytes, workspace, run_id, with_samples=with_samples),
        key=f"download-pack-{with_samples}",
    )


def _others(planned: Packed) -> str:
    n_others = len(planned.runs) - 1
    return f" The {n_others} runs it was put together from are in it, too." if n_others else ""


def _open() -> None:
    from core.workflows.unpack import unpack  # brings torch, which Home can do without

    bar = st.progress(0.0, text="Checking")
    try:
        found = unpack(
            state.workspace(),
            state.uploads(PACKED)[0].path,
            takes_weights=current_person() is None,
            on_progress=lambda step, done, of: bar.progress(done / of if of else 1.0, text=step),
        )
    except UserError as error:
        bar.empty()
        render_error(error)
        return
    discard(PACKED)
    for run in found.runs:
        if run.outcome == "under another id":
            st.toast(f"Another run has the id {run.packed_id}, so this one is {escape_markdown(run.id)} here.")
    if found.kind == "run" and found.runs:
        st.switch_page(RESULTS, query_params={state.RUN_PARAM: found.runs[-1].id})
    st.rerun()
