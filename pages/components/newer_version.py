"""On the page of a run: the version of its data that was made since, and the same training on it."""

from __future__ import annotations

import streamlit as st

from core.datasets.records import DatasetCard
from core.workflows.dataset_versions import find_run_like, made_from, spec_for_version
from core.workflows.show_run import RunView
from core.workflows.workspace import Workspace
from pages.components import state
from pages.components.run_actions import RESULTS, compare_with, start_run
from pages.components.text import escape_markdown, shorten

DATA = "pages/data.py"


def render_newer_version(workspace: Workspace, run: RunView) -> None:
    """Nothing, unless a version was made from exactly the data of this run; then the newest of these."""
    newer = next(iter(made_from(workspace, run.spec.dataset_id)), None)
    if newer is None:
        return
    # At the foot of the page right after it was made there, else among what is said of the run first.
    place = st.bottom if state.was_just_made(newer.id) else st.container()
    with place, st.container(border=True, gap="small", key="newer-version"):
        st.markdown(f":material/new_releases: {_in_words(newer)}")
        with st.container(horizontal=True, vertical_alignment="center"):
            _render_ways_on(workspace, run, newer)


def _in_words(newer: DatasetCard) -> str:
    name, changes = escape_markdown(shorten(newer.name, 60)), escape_markdown(shorten(newer.changes, 200))
    return f"**{name}** was made from the data of this run: {changes}."


def _render_ways_on(workspace: Workspace, run: RunView, newer: DatasetCard) -> None:
    spec = spec_for_version(run.spec, newer.id)
    done = find_run_like(workspace, spec)
    if done is None:
        if st.button(
            "Train again with the same settings",
            key="train-newer",
            type="primary" if state.was_just_made(newer.id) else "secondary",
            icon=":material/replay:",
            help="What was computed for samples that stay is not computed again.",
        ):
            start_run(workspace, spec)
    else:
        st.page_link(
            RESULTS, label="The run on that version", query_params={state.RUN_PARAM: done.id}, icon=":material/replay:"
        )
        if st.button("Compare the two", key="compare-newer", icon=":material/compare_arrows:"):
            compare_with([run.id, done.id])
    st.page_link(DATA, label="What changed", query_params={state.DATASET_PARAM: newer.id}, icon=":material/difference:")
