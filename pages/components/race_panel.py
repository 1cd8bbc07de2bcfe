"""The race: one button that trains with several strategies on the same data, and what it will take."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import streamlit as st

from core.backbones.records import BackboneInfo
from core.errors import UserError
from core.training.settings import get_setting
from core.workflows.plan_run import RunChoices, RunPlan
from core.workflows.race_strategies import fitting_strategies, plan_race, race_settings, usual_strategies
from core.workflows.workspace import Workspace
from pages.components.frame import render_error
from pages.components.run_actions import start_race
from pages.components.run_cost import RunCost, find_cost, render_waiting
from pages.components.text import escape_markdown
from pages.components.time_words import about_words

OPEN_KEY, EPOCHS_KEY = "race-open", "race-epochs"
BOX_PX = 200


def render_race(workspace: Workspace, choices: RunChoices, info: BackboneInfo) -> None:
    """A folder with the strategies to race, drawn only when it is open: it plans and estimates each of them.

    Args:
        workspace: where the data and runs lie.
        choices: what is chosen on the page; its strategy is not looked at.
        info: the chosen backbone.
    """
    folder = st.expander("Race the strategies", icon=":material/sports_score:", key=OPEN_KEY, on_change="rerun")
    if not folder.open:
        return
    with folder:
        st.markdown(
            "See on your own data what freezing costs and buys: each strategy trains once, on the same split, seed "
            "and size of images, with few epochs. Then they are compared."
        )
        try:
            _render_open(workspace, choices, info)
        except UserError as error:
            render_error(error)


def _render_open(workspace: Workspace, choices: RunChoices, info: BackboneInfo) -> None:
    epochs = _render_epochs(int(race_settings(workspace, choices)["epochs"]))
    choices = replace(choices, settings={**choices.settings, "epochs": epochs})
    chosen = _render_boxes(workspace, choices)
    if len(chosen) < 2:
        st.caption("A race takes two strategies or more.")
        st.button("Race the strategies", key="race", icon=":material/sports_score:", disabled=True)
        return
    plans = plan_race(workspace, choices, chosen)
    costs = [find_cost(workspace, plan) for plan in plans]
    st.caption(_summary(plans, costs, info))
    if st.button(f"Race {len(plans)} strategies", key="race", type="primary", icon=":material/sports_score:"):
        start_race(workspace, plans)
    render_waiting(workspace, plans[0], costs[0])


def _render_epochs(suggested: int) -> int:
    row = get_setting("epochs")
    return int(
        st.number_input(
            "Epochs of each at most",
            min_value=int(row.minimum or 1),
            max_value=int(row.maximum or suggested),
            value=suggested,
            step=1,
            key=EPOCHS_KEY,
            help="The fitted head needs none. Few are enough to see the order.",
            width=BOX_PX,
        )
    )


def _render_boxes(workspace: Workspace, choices: RunChoices) -> list[str]:
    """A box per strategy that goes with the other choices; gives the chosen ones."""
    usual = usual_strategies(workspace, choices)
    chosen = []
    with st.grid(3, min_column_width=BOX_PX, gap="small"):
        for row in fitting_strategies(workspace, choices):
            key, title = f"race-{row.id}", escape_markdown(row.title)
            if st.checkbox(title, value=row.id in usual, key=key, help=escape_markdown(row.sentence)):
                chosen.append(row.id)
    return chosen


def _summary(plans: Sequence[RunPlan], costs: Sequence[RunCost], info: BackboneInfo) -> str:
    spec = plans[0].spec
    size = f" at {spec.image_size_px} px" if info.row.modality == "image" else ""
    download = f" Its weights, {info.row.download_mb} MB, are downloaded first." if info.weights == "download" else ""
    return (
        f":material/timer: {escape_markdown(info.row.title)}{size}, seed {spec.seed}, one after the other, "
        f"{total_words(costs)}.{download}"
    )


def total_words(costs: Sequence[RunCost]) -> str:
    """What all of them take together, or that this is not known yet."""
    known = [cost.estimate.seconds for cost in costs if cost.estimate is not None]
    if len(known) < len(costs):
        return "how long is being measured" if costs[0].lacks == "measuring" else "how long is not known yet"
    return f"{about_words(sum(known))} at most"
