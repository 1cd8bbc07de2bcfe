"""A run while it waits or trains, drawn anew every second without anything moving."""

from __future__ import annotations

import streamlit as st

from core.jobs.training_jobs import stop_training, training_queue
from core.plots.loss_curves import describe_loss, describe_macro_f1
from core.runs.records import LIVE_STATES
from core.training.events import EpochDone, PhaseStarted, StoredEvent
from core.workflows.show_run import RunView, show_run
from core.workflows.workspace import Workspace
from pages.components import state
from pages.components.charts import render_chart
from pages.components.first_estimate import first_estimate_words
from pages.components.frame import page_frame, run_page_again
from pages.components.kept import curve_figures
from pages.components.text import escape_markdown
from pages.components.time_words import duration_words

POLL_S = 1.0
WAITING_POLL_S = 5.0
"""Behind others nothing moves for minutes, and a class that waits would keep the server from answering anybody."""


def render_live_panel(workspace: Workspace, run_id: str) -> None:
    """Progress, curves and the stop button; one rerun of the whole page when its turn comes and when it has ended."""
    is_waiting = bool(training_queue(workspace.root).position(run_id))

    # The timer belongs to this fragment and is gone with the rerun after the end.
    @st.fragment(run_every=WAITING_POLL_S if is_waiting else POLL_S)
    def panel() -> None:
        with page_frame():
            run = show_run(workspace, run_id)
            if run.status.state not in LIVE_STATES or (is_waiting and run.status.state == "running"):
                run_page_again()
                return
            _render(workspace, run)

    panel()


def _render(workspace: Workspace, run: RunView) -> None:
    progress, button = st.columns([4, 1], vertical_alignment="center")
    with progress:
        st.progress(run.status.progress, text=escape_markdown(_step_words(workspace, run)))
    with button:
        _render_stop(workspace, run)
    _render_numbers(run)
    estimate = first_estimate_words(run)
    # A line is kept for it from the start, so that what stands below stays where it is.
    st.caption(f":material/bolt: First estimate: {estimate}" if estimate else "&nbsp;")
    render_curves(run.events, key=f"live-{run.id}")


def render_curves(events: tuple[StoredEvent, ...], *, key: str) -> None:
    """Loss and macro-F1 side by side; built from finished epochs only, so that nothing is redrawn in between."""
    loss_figure, f1_figure = curve_figures(key, len(events), events[-1] if events else None, _events=events)
    loss, f1 = st.columns(2)
    with loss:
        st.markdown("**Loss**")
        render_chart(loss_figure, key=f"{key}-loss", alt=describe_loss(events), file_name="loss")
    with f1:
        st.markdown("**Macro-F1**")
        render_chart(f1_figure, key=f"{key}-f1", alt=describe_macro_f1(events), file_name="macro-f1")


def _step_words(workspace: Workspace, run: RunView) -> str:
    status = run.status
    if status.state == "queued":
        return _queue_words(training_queue(workspace.root).position(run.id))
    if not status.of:
        return status.step or "Starting"
    trains = any(isinstance(event, PhaseStarted) and event.name == status.step for event in run.events)
    return f"{status.step}: {'batch ' if trains else ''}{status.done:,} of {status.of:,}"


def _queue_words(position: int | None) -> str:
    if not position:
        return "Waiting to start"
    return f"Waiting in the queue: {position} {'run is' if position == 1 else 'runs are'} ahead"


def _render_numbers(run: RunView) -> None:
    status, best = run.status, _best(run.events)
    with st.grid(4, min_column_width=150, key="live-numbers"):
        st.metric(
            "Epochs",
            f"{status.epoch} of {status.n_epochs}" if status.n_epochs else "–",
            help="Finished epochs of the optimiser; the rounds of a solver that fits the head are not counted.",
        )
        st.metric("Time left in this step", "–" if status.eta_s is None else duration_words(status.eta_s))
        st.metric("Best validation macro-F1", "–" if best is None else f"{best.val_macro_f1:.3f}")
        st.metric("Best validation accuracy", "–" if best is None else f"{best.val_accuracy:.1%}")


def _best(events: tuple[StoredEvent, ...]) -> EpochDone | None:
    return next((event for event in reversed(events) if isinstance(event, EpochDone) and event.is_best), None)


def _render_stop(workspace: Workspace, run: RunView) -> None:
    asked = st.session_state.get(state.STOPPING_RUN) == run.id
    st.button(
        "Stopping" if asked else "Stop",
        key="stop",
        icon=":material/hourglass_empty:" if asked else ":material/stop:",
        help="Stops after the present step and keeps the best state so far.",
        disabled=asked,
        width="stretch",
        on_click=_stop,
        args=(workspace, run.id),
    )


def _stop(workspace: Workspace, run_id: str) -> None:
    st.session_state[state.STOPPING_RUN] = run_id
    stop_training(workspace.root, run_id)
