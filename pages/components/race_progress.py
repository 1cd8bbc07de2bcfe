"""Runs that are to be compared while some of them still wait or train: a row each, and nothing moves."""

from __future__ import annotations

from collections.abc import Sequence

import streamlit as st

from core.jobs.training_jobs import stop_training
from core.runs.records import LIVE_STATES
from core.workflows.compare_runs import total_seconds
from core.workflows.run_names import telling_names
from core.workflows.show_run import RunView, show_run
from core.workflows.workspace import Workspace
from pages.components import state
from pages.components.cards import progress_text, render_state_badge
from pages.components.compare_choice import marked_names
from pages.components.frame import page_frame, run_page_again
from pages.components.run_actions import RESULTS
from pages.components.text import escape_markdown, shorten
from pages.components.time_words import duration_words

POLL_S = 1.0


def render_progress(workspace: Workspace, run_ids: Sequence[str]) -> None:
    """A row per run until all have ended; then one rerun of the whole page, which compares them."""

    # The timer belongs to this fragment and is gone with the rerun after the end.
    @st.fragment(run_every=POLL_S)
    def panel() -> None:
        with page_frame():
            runs = [show_run(workspace, run_id) for run_id in run_ids]
            live = [run for run in runs if run.status.state in LIVE_STATES]
            if not live:
                run_page_again()
                return
            _render(workspace, runs, live)

    panel()


def render_left_out(runs: Sequence[RunView]) -> None:
    """Runs that ended without a report, and the way to each."""
    if not runs:
        return
    st.warning("These ended without a report and cannot be compared; their pages say why.", icon=":material/info:")
    for run in runs:
        _render_name(run, escape_markdown(f"{run.strategy_title} · {run.model_title}"))


def _render(workspace: Workspace, runs: Sequence[RunView], live: Sequence[RunView]) -> None:
    with st.container(horizontal=True, horizontal_alignment="distribute", vertical_alignment="center"):
        st.markdown(
            f"**{len(runs) - len(live)} of {len(runs)} are done.** The comparison stands here when all are; it goes on "
            "when you close this page.",
            width="content",
        )
        st.button(
            "Stop all",
            key="stop-all",
            icon=":material/stop:",
            help="Stops each after its present step; what is best so far is kept.",
            on_click=_stop,
            args=(workspace, tuple(run.id for run in live)),
        )
    with st.container(gap="small"):
        for run, name in zip(runs, marked_names(telling_names(runs)), strict=True):
            _render_row(run, name)


def _render_row(run: RunView, name: str) -> None:
    with st.container(border=True, key=f"race-run-{run.id}"):
        title, course = st.columns([2, 3], vertical_alignment="center")
        with title:
            _render_name(run, f"**{escape_markdown(name)}**")
        with course:
            share = run.status.progress if run.status.state in LIVE_STATES else float(run.is_readable)
            st.progress(share, text=escape_markdown(outcome_words(run)))


def _render_name(run: RunView, label: str) -> None:
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        st.page_link(RESULTS, label=label, query_params={state.RUN_PARAM: run.id}, width="content")
        render_state_badge(run.status.state)


def outcome_words(run: RunView) -> str:
    """What a run is doing or what came of it, as plain text of one line."""
    if run.status.state in LIVE_STATES:
        return progress_text(run.status)
    part = run.report.split("val") if run.report else None
    if part is not None:
        return f"Validation accuracy {part.accuracy.value:.1%}, in {duration_words(total_seconds(run))}"
    return shorten(run.status.error.problem, 80) if run.status.error else "Ended before its first result"


def _stop(workspace: Workspace, run_ids: Sequence[str]) -> None:
    for run_id in reversed(run_ids):  # the waiting ones first, or the next would begin in between
        stop_training(workspace.root, run_id)
