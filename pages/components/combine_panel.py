"""Making one run of those that are compared: by the mean of their answers, or of their weights."""

from __future__ import annotations

from collections.abc import Sequence

import streamlit as st

from core.jobs.study import Study
from core.workflows.combinable import COMBINATION_KINDS, CombinationKind, find_combinations, why_not_combined
from core.workflows.show_run import RunView, show_run
from core.workflows.workspace import Workspace
from pages.components.combination import verdict_sentence
from pages.components.run_actions import RESULTS
from pages.components.study_panel import render_study
from pages.components.text import escape_markdown

OPEN_KEY, BY_KEY = "combine-open", "combine-by"
TITLES: dict[CombinationKind, str] = {
    "probabilities": "Average their answers",
    "weights": "Average their weights",
    "features": "Join their features",
}
SENTENCES: dict[CombinationKind, str] = {
    "probabilities": "Any finished runs on the same data. Often a little better, and as slow as all together.",
    "weights": "Runs with the same backbone. As fast as one of them; a run stays only where validation does not fall.",
    "features": "Feature extractions with different backbones or image sizes: one head reads what all of them see.",
}


def render_combine_panel(workspace: Workspace, runs: Sequence[RunView]) -> None:
    """A folded panel below the comparison.

    Args:
        workspace: where the runs lie.
        runs: those that are compared; all have a report.
    """
    with st.expander("Combine these runs", icon=":material/merge:", key=OPEN_KEY, on_change="rerun") as folder:
        if folder.open:
            _render(workspace, runs)


def _render(workspace: Workspace, runs: Sequence[RunView]) -> None:
    st.caption(
        "Makes a new run out of these, with a report of its own, that predicts and compares like any other. What it "
        "costs is measured and stands beside what each can alone."
    )
    by: CombinationKind = st.radio(
        "How",
        COMBINATION_KINDS,
        key=BY_KEY,
        format_func=lambda kind: TITLES[kind],
        captions=[SENTENCES[kind] for kind in COMBINATION_KINDS],
    )
    if why := why_not_combined(runs, by):
        st.caption(f":material/block: Not possible with these runs. {escape_markdown(why)}")
    else:
        members = tuple(sorted(run.id for run in runs))
        render_study(workspace, Study(kind="combination", variant=by, members=members), label=TITLES[by])
    _render_made(workspace, [run.id for run in runs])


def _render_made(workspace: Workspace, run_ids: Sequence[str]) -> None:
    """The runs that were made of exactly these, newest first."""
    for run_id in find_combinations(workspace, run_ids):
        made = show_run(workspace, run_id)
        if made.combination is None:
            continue
        with st.container(border=True, gap="xsmall", key=f"made-{run_id}"):
            st.page_link(
                RESULTS,
                label=escape_markdown(made.strategy_title),
                query_params={"run": run_id},
                icon=":material/arrow_forward:",
            )
            st.markdown(verdict_sentence(made.combination))
