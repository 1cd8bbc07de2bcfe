"""A run as a card: what, how good, where it stands, and the way to its page."""

from __future__ import annotations

from datetime import UTC, datetime

import streamlit as st

from core.runs.records import LIVE_STATES, RunState, RunStatus
from core.workflows.show_run import RunCard
from pages.components import state
from pages.components.text import escape_markdown, shorten

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
            st.caption(age_text(card.status.created_at), width="content")
        with st.container(gap="xxsmall"):
            st.markdown(f"**{escape_markdown(shorten(card.dataset_name, NAME_CHARS) or 'Unnamed data')}**")
            st.caption(f"{card.model_title} · {card.strategy_title}")
        _render_outcome(card)
        st.space("stretch")
        st.page_link(
            "pages/results.py",
            label="Watch it" if card.status.state in LIVE_STATES else "Open the results",
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
    left = f", about {duration_text(status.eta_s)} left" if status.eta_s is not None else ""
    return f"{status.step or 'Starting'}{left}"


def duration_text(seconds: float) -> str:
    """A duration as people say it: 40 s, 3 min, 2.5 h."""
    if seconds < 90:
        return f"{max(1, round(seconds))} s"
    return f"{seconds / 60:.0f} min" if seconds < 5400 else f"{seconds / 3600:.1f} h"


def age_text(created_at: str) -> str:
    """How long ago a time of a run was: "just now", "5 min ago", "3 h ago", "2 days ago", else the date."""
    then = datetime.fromisoformat(created_at)
    minutes = (datetime.now(UTC) - then).total_seconds() / 60
    if minutes < 1:
        return "just now"
    if minutes < 60:
        return f"{minutes:.0f} min ago"
    if minutes < 24 * 60:
        return f"{minutes / 60:.0f} h ago"
    days = minutes / (24 * 60)
    return f"{days:.0f} day{'' if round(days) == 1 else 's'} ago" if days < 14 else f"{then:%d %b %Y}"


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
