"""A study behind the page: the button that begins it, how far it is, the way to end it, and why it failed."""

from __future__ import annotations

import streamlit as st

from core.jobs.studies import LIVE_STATES, StudyStatus, cancel_study, read_study, start_study
from core.jobs.study import Study
from core.workflows.workspace import Workspace
from pages.components.frame import page_frame, run_page_again
from pages.components.text import escape_markdown

POLL_S = 1.0


def render_study(workspace: Workspace, study: Study, *, label: str, slot: str = "") -> None:
    """One line: the button under `label`, or where the study stands; one rerun of the whole page when it has ended."""
    status = read_study(workspace.root, study)
    if status is not None and status.state in LIVE_STATES:
        _render_progress(workspace, study, slot)
        return
    if status is not None and status.state == "failed":
        st.error(f"{escape_markdown(status.problem)} {escape_markdown(status.remedy)}", icon=":material/error:")
    st.button(
        label,
        key=_key("begin", study, slot),
        icon=":material/play_arrow:",
        help="Goes on when you leave this page, and makes way for trainings.",
        on_click=start_study,
        args=(workspace.root, study),
    )


def _render_progress(workspace: Workspace, study: Study, slot: str) -> None:
    # The timer belongs to this fragment and is gone with the rerun after the end.
    @st.fragment(run_every=POLL_S)
    def watch() -> None:
        with page_frame():
            status = read_study(workspace.root, study)
            if status is None or status.state not in LIVE_STATES:
                run_page_again()
                return
            progress, button = st.columns([4, 1], vertical_alignment="center")
            with progress:
                st.progress(status.progress, text=escape_markdown(_in_words(status)))
            with button:
                st.button(
                    "Cancel",
                    key=_key("cancel", study, slot),
                    icon=":material/close:",
                    help="Ends at the next step; what was computed by then is kept for the next time.",
                    width="stretch",
                    on_click=cancel_study,
                    args=(workspace.root, study),
                )

    watch()


def _key(what: str, study: Study, slot: str) -> str:
    return "-".join(part for part in (what, study.kind, slot) if part)


def _in_words(status: StudyStatus) -> str:
    return f"{status.step}: {status.done:,} of {status.of:,}" if status.of else status.step
