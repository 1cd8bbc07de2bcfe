"""A run that ended without a report: why, and what to do now."""

from __future__ import annotations

import streamlit as st

from core.errors import OutOfResourcesError
from core.workflows.show_run import RunView
from core.workflows.workspace import Workspace
from pages.components.live_panel import render_curves
from pages.components.run_actions import change_settings, resume_run, start_run
from pages.components.text import escape_markdown


def render_end(workspace: Workspace, run: RunView) -> None:
    """What happened, the way on, and the curves as far as they came."""
    if run.status.state == "failed":
        _render_failed(run)
    elif run.status.state == "interrupted":
        _render_interrupted(run)
    else:
        _render_stopped()
    if run.has_data:
        _render_ways_on(workspace, run)
    if run.events:
        render_curves(run.events, key=f"end-{run.id}")


def _render_ways_on(workspace: Workspace, run: RunView) -> None:
    with st.container(horizontal=True):
        goes_on = run.status.state == "interrupted" or _lacked_something(run)
        if goes_on and st.button("Resume", key="resume", type="primary", icon=":material/play_arrow:"):
            resume_run(workspace, run.id)
        again = "secondary" if goes_on else "primary"
        if run.status.state != "interrupted" and st.button(
            "Try again", key="try-again", type=again, icon=":material/replay:"
        ):
            start_run(workspace, run.spec)
        if st.button("Change the settings", key="change-settings", icon=":material/tune:"):
            change_settings(run.spec)


def _lacked_something(run: RunView) -> bool:
    """Whether the machine was at fault, not the settings: with room again, the run goes on where it ended."""
    return run.status.error is not None and run.status.error.code == OutOfResourcesError.code


def _render_failed(run: RunView) -> None:
    error = run.status.error
    if error is None:
        st.error("The run failed, and its folder does not say why.", icon=":material/error:")
        return
    st.error(
        f"{escape_markdown(error.problem)}\n\n**What to do:** {escape_markdown(error.remedy)}",
        title="This run failed",
        icon=":material/error:",
    )


def _render_interrupted(run: RunView) -> None:
    done = f" after {run.status.epoch} of {run.status.n_epochs} epochs" if run.status.epoch else ""
    st.warning(
        f"The program that trained it ended{done}. Nothing is lost: resuming goes on from the last finished epoch "
        "to the same numbers.",
        title="This run was interrupted",
        icon=":material/power_off:",
    )


def _render_stopped() -> None:
    st.info(
        "It was stopped before anything could be kept, so there is nothing to show. "
        "Trying again starts it with the same settings.",
        title="This run was stopped",
        icon=":material/stop_circle:",
    )
