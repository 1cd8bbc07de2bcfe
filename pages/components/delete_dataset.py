"""The way to be rid of a dataset: a dialog that says what goes with it, and a second press."""

from __future__ import annotations

import streamlit as st

from core.datasets.records import Dataset
from core.errors import UserError
from core.workflows.delete_dataset import Deletion, delete_dataset, plan_deletion
from core.workflows.workspace import Workspace
from pages.components import state
from pages.components.frame import page_frame, render_error
from pages.components.run_actions import RESULTS
from pages.components.run_names import name_runs
from pages.components.text import escape_markdown, shorten

ONE, ALL = "This version", "All versions"
RUNS_NAMED = 5
PROBLEM_KEY = "delete-dataset-problem"


def render_delete_dataset(workspace: Workspace, dataset: Dataset) -> None:
    """A button that opens the dialog."""
    if st.button("Delete this dataset", key="delete-dataset-ask", icon=":material/delete:"):
        _dialog(workspace, dataset)
    if problem := st.session_state.pop(PROBLEM_KEY, None):
        render_error(UserError(*problem))


@st.dialog("Delete this dataset for good?", icon=":material/delete_forever:")
def _dialog(workspace: Workspace, dataset: Dataset) -> None:
    with page_frame():
        plan = plan_deletion(workspace, dataset.id)
        if plan.stay:
            choice = st.segmented_control("What goes?", [ONE, ALL], default=ONE, required=True, key="delete-versions")
            plan = plan_deletion(workspace, dataset.id, all_versions=choice == ALL)
        _render_plan(dataset, plan)
        st.button(
            "Delete for good",
            key="delete-dataset",
            type="primary",
            icon=":material/delete_forever:",
            on_click=_delete,
            args=(workspace, dataset.id, len(plan.versions) > 1),
        )


def _render_plan(dataset: Dataset, plan: Deletion) -> None:
    st.markdown(
        f"**{escape_markdown(shorten(dataset.name, 60))}** goes with its samples and labels, what was computed from "
        "them, and what was asked about them. This cannot be undone."
    )
    if plan.stay:
        n = len(plan.stay)
        st.caption(f"{n:,} other {'version stays' if n == 1 else 'versions stay'}, with the samples it holds, too.")
    elif len(plan.versions) > 1:
        st.caption(f"All {len(plan.versions):,} versions go.")
    if not plan.runs:
        st.caption("No run learned from it.")
        return
    n = len(plan.runs)
    st.caption(
        f"{n:,} {'run' if n == 1 else 'runs'} learned from it and will stay: with model, numbers and predictions, "
        "without samples to look at, and not to be trained again."
    )
    for run_id, name in name_runs(plan.runs[:RUNS_NAMED]).items():
        st.page_link(RESULTS, label=escape_markdown(name), query_params={state.RUN_PARAM: run_id})
    if n > RUNS_NAMED:
        st.caption(f"and {n - RUNS_NAMED:,} more")


def _delete(workspace: Workspace, dataset_id: str, all_versions: bool) -> None:
    """Runs before the page does, which then shows what is left."""
    try:
        deleted = delete_dataset(workspace, dataset_id, all_versions=all_versions)
    except UserError as error:
        st.session_state[PROBLEM_KEY] = (error.problem, error.remedy)
        return
    state.forget_dataset()
    st.toast(
        "Deleted for good." if deleted.is_cleared else "Deleted. The files go with the next deletion, after an import."
    )
