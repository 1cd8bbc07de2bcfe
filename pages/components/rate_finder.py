"""The learning-rate finder: a button, what it is doing, the plot, and a way to take the rate it hints at."""

from __future__ import annotations

import streamlit as st

from core.jobs.rate_finding import RateFinding, rate_finding, start_rate_finding
from core.jobs.training_jobs import training_queue
from core.plots.rate_search import describe_rate_search, plot_rate_search
from core.training.records import RateSearch
from core.training.settings import get_setting
from core.workflows.plan_run import RunPlan
from core.workflows.workspace import Workspace
from pages.components import draft
from pages.components.charts import render_chart
from pages.components.frame import page_frame, render_error, run_page_again

KEY = "rate-finder"
POLL_S = 1.0


def render_rate_finder(workspace: Workspace, plan: RunPlan) -> None:
    """A folded panel for plans that take steps; nothing where a solver fits the head alone."""
    if all(phase.is_solved for phase in plan.phases):
        return
    with st.expander("Try learning rates", icon=":material/query_stats:", key=KEY, on_change="rerun") as folder:
        if folder.open:
            _render(workspace, plan)


def _render(workspace: Workspace, plan: RunPlan) -> None:
    st.caption(
        "Up to 60 batches pass at ever larger rates, on a copy of the network that is thrown away afterwards (Smith "
        "2017). The loss first stays as it is, then falls, then runs away; a good rate lies where it falls fastest, "
        "well before it runs away."
    )
    finding = rate_finding(workspace.root, plan)
    if finding is not None and finding.state == "running":
        _render_progress(workspace, plan)
        return
    _render_button(workspace, plan, is_first=finding is None)
    if finding is not None:
        _render_outcome(plan, finding)


def _render_button(workspace: Workspace, plan: RunPlan, *, is_first: bool) -> None:
    obstacle = _obstacle(workspace, plan)
    with st.container(horizontal=True, vertical_alignment="center"):
        st.button(
            "Try rates" if is_first else "Try again",
            key="find-rate",
            icon=":material/query_stats:",
            disabled=obstacle is not None,
            on_click=start_rate_finding,
            args=(workspace.root, plan),
        )
        if obstacle is not None:
            st.caption(obstacle)


def _obstacle(workspace: Workspace, plan: RunPlan) -> str | None:
    if plan.strategy.pretrained and plan.info.weights == "download":
        return "The weights are not on this machine yet; they come with the first training."
    if training_queue(workspace.root).is_busy():
        return "A training runs; this would slow it down. It can be tried when that has ended."
    return None


def _render_progress(workspace: Workspace, plan: RunPlan) -> None:
    @st.fragment(run_every=POLL_S)
    def watch() -> None:
        with page_frame():
            finding = rate_finding(workspace.root, plan)
            if finding is None or finding.state != "running":
                run_page_again()
                return
            count = f": {finding.done:,} of {finding.of:,}" if finding.of else ""
            st.progress(finding.done / finding.of if finding.of else 0.0, text=f"{finding.step}{count}")

    watch()


def _render_outcome(plan: RunPlan, finding: RateFinding) -> None:
    if finding.state == "yielded":
        st.info(
            "A training began meanwhile and has the machine for itself; nothing was found.", icon=":material/pause:"
        )
    elif finding.search is not None:
        _render_search(plan, finding.search)
    elif finding.error is not None:
        render_error(finding.error)
    else:
        st.error("Rates could not be tried; the server's log tells why.", icon=":material/error:")


def _render_search(plan: RunPlan, search: RateSearch) -> None:
    words = describe_rate_search(search)
    render_chart(plot_rate_search(search), key="rate-search", alt=words, file_name="learning-rates")
    st.caption(words)
    if search.suggestion is None:
        st.caption(
            ":material/lightbulb: There is nothing to learn quickly here, as is usual behind a fitted head: keep the "
            "suggested rate."
        )
        return
    rates = _rates(search.suggestion, search.head_factor)
    with st.container(horizontal=True, vertical_alignment="center"):
        st.button(
            f"Use {search.suggestion:.1e}",
            key="use-rate",
            icon=":material/check:",
            disabled=all(getattr(plan.spec, name) == rate for name, rate in rates.items()),
            on_click=_use,
            args=(plan.spec.dataset_id, rates),
        )
        st.caption(
            ":material/lightbulb: A hint, noisy on few samples; the suggested rate was chosen without it. The head "
            f"would learn at {rates['head_learning_rate']:.1e}, so that both keep their proportion."
        )


def _rates(suggestion: float, head_factor: float) -> dict[str, float]:
    """The settings that the hint stands for, within what is allowed."""
    wanted = {"learning_rate": suggestion, "head_learning_rate": suggestion * head_factor}
    return {name: _within_bounds(name, rate) for name, rate in wanted.items()}


def _within_bounds(name: str, rate: float) -> float:
    row = get_setting(name)
    return float(f"{min(max(rate, row.minimum or 0.0), row.maximum or rate):.4g}")


def _use(dataset_id: str, rates: dict[str, float]) -> None:
    for name, rate in rates.items():
        draft.choose_setting(dataset_id, name, rate)
