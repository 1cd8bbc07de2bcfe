"""A run as a card: what, how good, where it stands, and the way to its page."""

from __future__ import annotations

import streamlit as st

from core.runs.records import LIVE_STATES, RunState, RunStatus
from core.workflows.show_run import RunCard
from pages.components import state
from pages.components.text import escape_markdown, shorten
from pages.components.time_words import about_words, age_words

STATE_BADGES: dict[RunState, tuple[str, str, str]] = {
    "queued": ("Waiting", ":material/schedule:", "gray"),
    "running": ("Training", ":material/autorenew:", "orange"),
    "finished": ("Finished", ":material/check_circle:", "green"),
    "stopped": ("Stopped, best kept", ":material/stop_circle:", "blue"),
    "failed": ("Failed", ":material/error:", "red"),
    "interrupted": ("Interrupted", ":material/pause_circle:", "violet"),
}
NAME_CHARS = 36


def render_run_card(card: RunCard) -> None:
    """One run; all cards of a row have the same height."""
    with st.container(border=True, height="stretch", gap="small", key=f"run.{card.id}"):
        with st.container(horizontal=True, horizontal_alignment="distribute", vertical_alignment="center"):
            render_state_badge(card.status.state)
            st.caption(age_words(card.status.created_at), width="content")
        with st.container(gap="xxsmall"):
            st.markdown(f"**{escape_markdown(shorten(card.dataset_name, NAME_CHARS) or 'Unnamed data')}**")
            st.caption(f"{card.model_title} · {card.strategy_title}")
        _render_outcome(card)
        st.space("stretch")
        with st.container(horizontal_alignment="right"):
            st.page_link(
                "pages/results.py",
                label=_way_in(card),
                icon=":material/arrow_forward:",
                icon_position="right",
                query_params={state.RUN_PARAM: card.id},
            )


def render_state_badge(run_state: RunState) -> None:
    """Where a run stands, as a word with a colour and a sign."""
    label, icon, color = STATE_BADGES[run_state]
    st.badge(label, icon=icon, color=color)


def progress_text(status: RunStatus) -> str:
    """What a live run is doing now, in a few words of ours."""
    if status.state == "queued":
        return "Waits for the training before it"
    step = status.step or "Starting"
    if status.eta_s is None:
        return step
    return f"{step}, {'a few seconds' if status.eta_s < 10 else about_words(status.eta_s)} left"


def _way_in(card: RunCard) -> str:
    if card.status.state in LIVE_STATES:
        return "Watch it"
    return "Open the run" if card.macro_f1 is None else "Open the results"


def _render_outcome(card: RunCard) -> None:
    if card.status.state in LIVE_STATES:
        st.progress(card.status.progress, text=progress_text(card.status))
    elif card.macro_f1 is not None:
        st.metric(
            "Macro-F1, validation",
            f"{card.macro_f1:.3f}",
            chart_data=list(card.val_macro_f1) if len(card.val_macro_f1) > 1 else None,
        )
    elif card.status.error is not None:
        st.caption(escape_markdown(card.status.error.problem))
    elif card.status.state == "interrupted":
        st.caption("The program ended in the middle of it. Nothing is lost: it can go on from its last epoch.")
    else:
        st.caption("Ended before its first result.")
