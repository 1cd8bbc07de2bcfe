"""What a plan will take: asked for on every run of the page, measured in the background where nobody knows yet."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

import streamlit as st

from core.errors import UserError
from core.jobs.measuring import MeasuringState, start_measuring
from core.workflows.estimate_run import RunEstimate, deepest_within, known_estimate
from core.workflows.plan_run import RunChoices, RunPlan, list_strategies, plan_run
from core.workflows.workspace import Workspace
from pages.components import draft
from pages.components.frame import page_frame, run_page_again
from pages.components.time_words import about_words

POLL_S = 1.0
MINUTES = (1, 2, 3, 5, 10, 15, 20, 30, 45, 60, 90, 120, 240)
BUDGET_KEY = "time-budget"
LACKS: Mapping[MeasuringState, tuple[str, str]] = {
    "measuring": ("Measuring", "Two batches pass each stage on this machine, once for each network and size."),
    "waiting": ("Later", "Measured when the present training has ended: both would slow each other down."),
    "failed": ("Unknown", "It could not be measured here; the server's log tells why."),
}


@dataclass(frozen=True, kw_only=True, slots=True)
class RunCost:
    """What a plan will take, or why that is not known.

    Attributes:
        estimate: None where it is not known (yet).
        lacks: how measuring stands where it is not known; None where it is.
    """

    estimate: RunEstimate | None
    lacks: MeasuringState | None = None


def find_cost(workspace: Workspace, plan: RunPlan) -> RunCost:
    """What is known about a plan; where nothing is, measuring begins behind the page."""
    estimate = known_estimate(workspace, plan)
    return RunCost(estimate=estimate, lacks=None if estimate else start_measuring(workspace.root, plan))


def strategy_times(workspace: Workspace, choices: RunChoices) -> dict[str, str]:
    """By the id of each strategy whose time is known, "about 3 min"."""
    times = {}
    for row in list_strategies():
        stages = choices.frozen_stages if row.freezes == "some" else None
        try:
            plan = plan_run(workspace, replace(choices, strategy=row.id, frozen_stages=stages))
        except UserError:  # what is wrong with the choices is said where they are made
            continue
        if estimate := known_estimate(workspace, plan):
            times[row.id] = about_words(estimate.seconds)
    return times


def render_cost_metrics(cost: RunCost) -> None:
    """Time and memory, as two of the numbers beside each other."""
    estimate = cost.estimate
    if estimate is None:
        value, why = LACKS[cost.lacks or "measuring"]
        st.metric("Expected time", value, help=why)
        st.metric("Expected memory", value, help=why)
        return
    parts = ", ".join(f"{phase.name.lower()} {about_words(phase.seconds)}" for phase in estimate.phases)
    st.metric(
        "Expected time",
        about_words(estimate.seconds).capitalize(),
        help=f"At most, because early stopping may end it sooner: {parts}. Measured on this machine.",
    )
    st.metric(
        "Expected memory",
        f"About {round(estimate.memory_mb, -2):,.0f} MB",
        help=f"Of the whole program at its peak. On the disk it adds about {max(1, round(estimate.disk_mb)):,} MB.",
    )


def render_time_budget(workspace: Workspace, dataset_id: str, choices: RunChoices, cost: RunCost) -> None:
    """A slider that trains as many of the last stages as fit into the minutes there are."""
    estimate = cost.estimate
    if estimate is not None:
        st.session_state.setdefault(BUDGET_KEY, _enough(estimate.seconds))
    minutes = st.select_slider(
        "I have",
        MINUTES,
        key=BUDGET_KEY if estimate else f"{BUDGET_KEY}-unknown",
        format_func=lambda number: f"{number} min",
        help="Moving it freezes just so many stages that the training ends within this time.",
        disabled=estimate is None,
        on_change=_fit,
        args=(workspace, dataset_id, choices),
    )
    if estimate is None:
        st.caption(":material/timer: How long this plan takes is not known yet.")
    elif estimate.seconds > 60 * minutes:
        st.caption(f":material/timer_off: This plan takes {about_words(estimate.seconds)}, longer than you have.")
    else:
        st.caption(f":material/timer: This plan takes {about_words(estimate.seconds)} at most.")


def render_waiting(workspace: Workspace, plan: RunPlan, cost: RunCost) -> None:
    """Shows nothing; runs the page again as soon as more is known than it shows."""
    if cost.lacks is None or cost.lacks == "failed":
        return

    @st.fragment(run_every=POLL_S)
    def wait() -> None:
        with page_frame():
            if find_cost(workspace, plan).lacks != cost.lacks:
                run_page_again()

    wait()


def _enough(seconds: float) -> int:
    return next((minutes for minutes in MINUTES if seconds <= 60 * minutes), MINUTES[-1])


def _fit(workspace: Workspace, dataset_id: str, choices: RunChoices) -> None:
    draft.freeze(dataset_id, deepest_within(workspace, choices, st.session_state[BUDGET_KEY]))
