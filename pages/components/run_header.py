"""The head of a run's page: what was trained, where it stands, and the other runs."""

from __future__ import annotations

import streamlit as st

from core.workflows.show_run import RunView, list_runs
from core.workflows.workspace import Workspace
from pages.components import state
from pages.components.cards import STATE_BADGES, render_state_badge
from pages.components.run_actions import HOME, RESULTS, change_settings, compare_with, predict_with
from pages.components.run_names import name_runs
from pages.components.show_to_others import render_show_to_others
from pages.components.text import escape_markdown, shorten
from pages.components.time_words import duration_words, moment_words

N_OTHERS = 12


def render_run_header(workspace: Workspace, run: RunView) -> None:
    """Title, badge, a line of facts, then what to do next."""
    st.title(escape_markdown(shorten(run.dataset_name, 60)) or "Run", anchor=False)
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        render_state_badge(run.status.state)
        st.caption(_facts(run), width="content")
    if not run.has_data:
        st.caption(
            ":material/folder_delete: The data of this run have been deleted. Its numbers and its model stay; its "
            "samples cannot be looked at any more."
        )
    with st.container(horizontal=True, gap="small"):
        _render_actions(run)
        _render_others(workspace, run.id)


def _facts(run: RunView) -> str:
    seconds = dict(run.status.seconds).get("total")
    took = f" · {duration_words(seconds)}" if seconds and run.is_readable else ""
    started = moment_words(run.status.started_at or run.status.created_at)
    return f"{escape_markdown(run.model_title)} · {escape_markdown(run.strategy_title)} · {started}{took}"


def _render_actions(run: RunView) -> None:
    if not run.is_readable:
        return
    if st.button(
        "Predict", key="predict", type="primary", icon=":material/auto_awesome:", help="Predict with this run"
    ):
        predict_with(run.id)
    if (
        run.combination is None
        and run.has_data
        and st.button("Train again", key="train-again", icon=":material/tune:", help="Train again with other settings")
    ):
        change_settings(run.spec)
    if st.button("Compare", key="compare", icon=":material/compare_arrows:", help="Compare with another run"):
        compare_with([run.id])
    render_show_to_others(run.id)


def _render_others(workspace: Workspace, run_id: str) -> None:
    others = st.popover("Other runs", icon=":material/history:", on_change="rerun", key="other-runs")
    if not others.open:  # reading every run's folder is worth it only when somebody looks
        return
    with others:
        cards = [card for card in list_runs(workspace) if card.id != run_id]
        names = name_runs(cards)
        for card in cards[:N_OTHERS]:
            icon = STATE_BADGES[card.status.state][1]
            st.page_link(
                RESULTS, label=escape_markdown(names[card.id]), query_params={state.RUN_PARAM: card.id}, icon=icon
            )
        if not cards:
            st.caption("There is no other run yet.")
        if len(cards) > N_OTHERS:
            st.page_link(
                HOME, label=f"All {len(cards) + 1:,} runs", query_params=state.ALL_RUNS, icon=":material/apps:"
            )
