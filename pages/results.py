"""Results: a run while it trains and after it, for whoever has its address."""

import streamlit as st

from core.errors import UnknownChoiceError, UserError
from core.plots.weight_path import path_points
from core.runs.records import LIVE_STATES
from core.workflows.inspect_dataset import load_dataset
from core.workflows.show_run import RunView, list_runs, show_run
from core.workflows.workspace import Workspace
from pages.components import state
from pages.components.calibration import render_calibration
from pages.components.class_table import render_class_table
from pages.components.combination import render_combination, render_not_trained
from pages.components.confusion import render_confusion
from pages.components.decision import render_decision
from pages.components.delete_run import render_delete_run
from pages.components.downloads import render_downloads
from pages.components.empty_state import render_no_run
from pages.components.frame import render_error, require_frame
from pages.components.headline import SPLIT_TITLES, render_headline
from pages.components.how_made import render_proof, render_settings_of
from pages.components.kept import most_wrong_samples, run_version
from pages.components.label_draft_bar import render_label_draft
from pages.components.live_panel import render_curves, render_live_panel
from pages.components.look_closer import render_look_closer
from pages.components.newer_version import render_newer_version
from pages.components.rejection import render_rejection
from pages.components.run_ends import render_end
from pages.components.run_header import render_run_header
from pages.components.run_samples import render_samples_of
from pages.components.separation import render_separation
from pages.components.state_kept import render_state_kept
from pages.components.weight_path import render_weight_path


def render() -> None:
    """The page."""
    workspace = state.workspace()
    run = find_run(workspace)
    if run is None:
        return
    render_run_header(workspace, run)
    if run.status.state in LIVE_STATES:
        render_live_panel(workspace, run.id)
    elif run.is_readable:
        render_report(workspace, run)
    else:
        render_end(workspace, run)
    if run.status.state not in LIVE_STATES:
        render_delete_run(workspace, run)


def find_run(workspace: Workspace) -> RunView | None:
    """The run of the address, else the newest, whose id goes into the address; None where there is nothing to show."""
    run_id = state.current_run()
    try:
        if run_id is not None:
            return show_run(workspace, run_id)
    except UnknownChoiceError as error:
        st.title("Results", anchor=False)
        render_error(UserError(error.problem, "Look at the newest run, or find yours on Home."))
        if list_runs(workspace, limit=1) and st.button("Show the newest run", key="newest", icon=":material/history:"):
            st.switch_page(__file__)
        return None
    newest = next(iter(list_runs(workspace)), None)
    if newest is None:
        render_nothing(workspace)
        return None
    state.choose_run(newest.id)
    return show_run(workspace, newest.id)


def render_nothing(workspace: Workspace) -> None:
    """No run at all yet."""
    st.title("Results", anchor=False)
    render_no_run(
        workspace,
        "No run yet",
        "A training shows its progress and its report here. Start one with your data, or try a sample on Home.",
        icon=":material/monitoring:",
    )


def render_report(workspace: Workspace, run: RunView) -> None:
    """Everything about a run that has a report, from the headline to the small print."""
    report = run.report
    if report is None:
        return
    render_newer_version(workspace, run)
    render_headline(report)
    if run.combination is not None:
        render_combination(run, run.combination)
    else:
        st.subheader("Learning curves", icon=":material/show_chart:", anchor=False)
        render_curves(run.events, key=f"report-{run.id}")
    if path_points(run.events):
        render_weight_path(run.events)
    if run.state_chosen is not None:
        render_state_kept(run.state_chosen)
    st.subheader("Confusion matrix", icon=":material/grid_on:", anchor=False)
    render_confusion(workspace, run, report)
    st.subheader("Precision, recall and F1 per class", icon=":material/bar_chart:", anchor=False)
    render_class_table(report)
    render_decision(report)
    render_separation(workspace, run, report)
    if report.temperature is not None:
        st.subheader("Calibration", icon=":material/speed:", anchor=False)
        render_calibration(report)
        render_rejection(workspace, run)
    split = max(report.splits, key=lambda part: part.split == "test").split
    st.subheader("Most wrong samples", icon=":material/sentiment_dissatisfied:", anchor=False)
    st.caption(f"{SPLIT_TITLES[split]} samples the model was surest about and wrong; often the label is the mistake.")
    wrong = most_wrong_samples(run_version(workspace, run), split, _workspace=workspace, _run_id=run.id)
    render_samples_of(workspace, run, wrong, key="wrong")
    if not wrong:
        st.caption("None: every sample of this split is right.")
    render_look_closer(workspace, run)
    proof, settings = st.columns(2, gap="large")
    with proof:
        st.subheader("Freeze proof", icon=":material/verified:", anchor=False)
        if run.proof is not None:
            render_proof(run.proof)
        if run.combination is not None:
            render_not_trained(run.combination)
    with settings:
        st.subheader("Settings", icon=":material/tune:", anchor=False)
        render_settings_of(run)
    st.subheader("Downloads", icon=":material/download:", anchor=False)
    render_downloads(workspace, run)
    if run.has_data:
        render_label_draft(workspace, load_dataset(workspace, run.spec.dataset_id))


require_frame(__file__)
render()
