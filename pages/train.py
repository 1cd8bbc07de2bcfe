"""Train: pick a backbone, see and switch its stages, choose a strategy, start."""

from dataclasses import replace

import streamlit as st

from core.datasets.records import DatasetCard
from core.errors import UserError
from core.evaluation.records import SMALL_DATA
from core.workflows.estimate_run import known_estimate
from core.workflows.inspect_dataset import list_datasets
from core.workflows.plan_run import RunChoices, RunPlan, plan_run
from core.workflows.workspace import Workspace
from pages.components import state
from pages.components.another_network import forget_lost_model, render_another_network
from pages.components.backbone_cards import render_backbone_cards
from pages.components.dataset_choice import render_dataset_choice
from pages.components.draft import read_draft
from pages.components.empty_state import render_empty_state
from pages.components.frame import require_frame
from pages.components.plan_counts import render_plan_counts
from pages.components.race_panel import render_race
from pages.components.ranking_panel import render_ranking_panel
from pages.components.rate_finder import render_rate_finder
from pages.components.relation_panel import render_relation_panel
from pages.components.run_cost import find_cost, render_time_budget, render_waiting, strategy_times
from pages.components.settings_form import render_settings
from pages.components.stage_switches import render_stage_switches
from pages.components.start_button import render_start
from pages.components.strategy_choice import render_strategies
from pages.components.views_preview import render_views_preview


def render() -> None:
    """The page."""
    workspace = state.workspace()
    st.title("Train", anchor=False)
    dataset = render_dataset_choice(list_datasets(workspace))
    if dataset is None:
        render_empty_state(
            "No data yet",
            "Bring labeled images or texts, or try a sample on Home; then choose here what to train.",
            button="Bring data",
            page="pages/data.py",
            icon=":material/dataset:",
        )
        return
    render_choices(workspace, dataset)


def render_choices(workspace: Workspace, dataset: DatasetCard) -> None:
    """Everything there is to choose for one dataset, each choice with what it does."""
    draft = forget_lost_model(read_draft(dataset.id))
    suggested = plan_run(workspace, RunChoices(dataset_id=dataset.id, model=draft.model))
    choices = replace(draft, strategy=draft.strategy or suggested.strategy.id)
    base = plan_run(workspace, replace(choices, frozen_stages=None, settings={}))
    if base.strategy.freezes != "some":
        choices = replace(choices, frozen_stages=None)
    plan, problem = try_plan(workspace, choices)
    frozen = base.spec.frozen_stages if choices.frozen_stages is None else choices.frozen_stages

    st.subheader("Backbone", icon=":material/deployed_code:", anchor=False)
    render_backbone_cards(dataset.id, dataset.modality, base.info)
    render_another_network(workspace, dataset.id, dataset.modality, base.info)
    render_ranking_panel(workspace, dataset, base.info)
    render_relation_panel(workspace, dataset, base.info)
    st.subheader("Network", icon=":material/view_week:", anchor=False)
    render_stage_switches(dataset.id, base, frozen, n_classes=dataset.n_classes)
    with st.container():  # one place whatever stands in it, else the settings below would be drawn anew and fold up
        if plan is not None:
            render_cost(workspace, choices, plan)
    st.subheader("Strategy", icon=":material/route:", anchor=False)
    shown = plan or base
    render_strategies(
        dataset.id, shown, suggested, strategy_times(workspace, choices), known_estimate(workspace, shown)
    )
    if dataset.n_samples < SMALL_DATA and shown.strategy.freezes == "all" and shown.strategy.pretrained:
        st.caption(
            f":material/grid_view: With {dataset.n_samples:,} samples the validation part is small. After this run, "
            '"How good, judged by all samples?" on its page predicts each of them once by a head that did not see it.'
        )
    with st.expander("Advanced settings", icon=":material/tune:"):
        render_settings(dataset.id, base, dataset.modality)
    with st.container():  # one place, see above
        if dataset.modality == "image":
            render_views_preview(workspace, shown.spec)
    with st.container():
        if plan is not None:
            render_rate_finder(workspace, plan)
    st.subheader("Start", icon=":material/flag:", anchor=False)
    render_start(workspace, plan, base.info, problem)
    render_race(workspace, draft, base.info)


def render_cost(workspace: Workspace, choices: RunChoices, plan: RunPlan) -> None:
    """What the plan means in numbers, and the time there is for it."""
    cost = find_cost(workspace, plan)
    render_plan_counts(plan, cost)
    if plan.strategy.freezes == "some":
        render_time_budget(workspace, plan.spec.dataset_id, choices, cost)
    render_waiting(workspace, plan, cost)


def try_plan(workspace: Workspace, choices: RunChoices) -> tuple[RunPlan | None, UserError | None]:
    """The plan, or why the choices contradict each other."""
    try:
        return plan_run(workspace, choices), None
    except UserError as error:
        return None, error


require_frame(__file__)
render()
