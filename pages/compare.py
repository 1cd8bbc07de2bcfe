"""Compare: whether one run is better than another, or only luckier, for whoever has the address."""

import streamlit as st

from core.plots.compared_curves import describe_compared_curves, plot_compared_curves
from core.runs.records import LIVE_STATES, READABLE_STATES
from core.workflows.compare_runs import RunComparison
from core.workflows.show_run import RunCard, list_runs
from core.workflows.workspace import Workspace
from pages.components import state
from pages.components.charts import render_chart
from pages.components.combine_panel import render_combine_panel
from pages.components.compare_choice import marked_names, render_run_choice
from pages.components.compare_pair import render_pair
from pages.components.compare_table import render_cost_chart, render_differences, render_numbers
from pages.components.compare_verdict import render_verdict
from pages.components.empty_state import render_no_run
from pages.components.frame import require_frame
from pages.components.kept_comparisons import comparison_of
from pages.components.race_progress import render_left_out, render_progress
from pages.components.split_notice import render_split_notice


def render() -> None:
    """The page."""
    workspace = state.workspace()
    st.title("Compare", anchor=False)
    cards = list_runs(workspace)
    if too_few(cards):
        render_too_few(workspace, cards)
        return
    runs = render_run_choice(workspace, cards)
    if any(run.status.state in LIVE_STATES for run in runs):
        render_progress(workspace, [run.id for run in runs])
        return
    render_left_out([run for run in runs if not run.is_readable])
    readable = [run for run in runs if run.is_readable]
    if len(readable) < 2:
        st.caption("Choose two or more finished runs above.")
        return
    render_comparison(workspace, comparison_of(workspace, readable))


def too_few(cards: tuple[RunCard, ...]) -> bool:
    """Whether there are not even two runs that are finished or will be."""
    return sum(card.status.state in (*READABLE_STATES, *LIVE_STATES) for card in cards) < 2


def render_too_few(workspace: Workspace, cards: tuple[RunCard, ...]) -> None:
    """Nothing to compare yet."""
    render_no_run(
        workspace,
        "One run is not enough" if cards else "No run yet",
        "Comparing takes two finished runs, best on the same data. Train again with something changed, or race the "
        "strategies against each other: one button on the Train page starts them all.",
        icon=":material/compare_arrows:",
    )


def render_comparison(workspace: Workspace, comparison: RunComparison) -> None:
    """From the verdict to the single samples."""
    render_verdict(comparison)
    render_split_notice(workspace, comparison.runs)
    render_numbers(comparison)
    render_cost_chart(comparison)
    st.subheader("Set differently", icon=":material/tune:", anchor=False)
    render_differences(comparison)
    st.subheader("Learning curves", icon=":material/show_chart:", anchor=False)
    render_compared_curves(comparison)
    if len(comparison.runs) == 2:
        render_pair(workspace, comparison, comparison.tests[0])
    else:
        st.caption("Choose just two runs to see the samples that only one of them gets right.")
    render_combine_panel(workspace, comparison.runs)


def render_compared_curves(comparison: RunComparison) -> None:
    """Macro-F1 and loss of all runs side by side."""
    histories, names = [run.events for run in comparison.runs], marked_names(comparison.names)
    scores, losses = st.columns(2)
    with scores:
        render_chart(
            plot_compared_curves(histories, names, "macro_f1"),
            key="compared-f1",
            alt=describe_compared_curves(histories, names, "macro_f1"),
            file_name="compared-macro-f1",
        )
    with losses:
        render_chart(
            plot_compared_curves(histories, names, "loss"),
            key="compared-loss",
            alt=describe_compared_curves(histories, names, "loss"),
            file_name="compared-loss",
        )


require_frame(__file__)
render()
