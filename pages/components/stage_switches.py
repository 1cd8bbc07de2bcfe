"""The network as a row of blocks, with a switch for each stage and a slider that sets them together."""

from __future__ import annotations

import streamlit as st

from core.backbones.records import BackboneInfo, TensorChoice
from core.plots.network import describe_stage_row, plot_stage_row
from core.workflows.plan_run import RunPlan
from pages.components import draft
from pages.components.charts import render_chart
from pages.components.text import escape_markdown

NOTHING = "nothing"
SLIDER_KEY = "freeze-until"
FINE_TUNING = "head-then-fine-tune"
PARTS: dict[TensorChoice, str] = {
    "all": "the stage trains",
    "norms-and-biases": "the norms and biases of the stage train, its other weights stay",
    "low-rank": "adapters in the stage train, its own weights stay until these are merged into them",
}
REASONS = {
    "all": "keeps every stage frozen: the backbone passes each sample once and only the head is fitted.",
    "later": "trains the first stages only; the later ones stay frozen.",
    "none": "trains every stage, so none can be frozen.",
}


def render_stage_switches(dataset_id: str, plan: RunPlan, frozen: tuple[str, ...], *, n_classes: int) -> None:
    """The row of blocks and, under it, what sets it.

    Args:
        dataset_id: whose choices are changed.
        plan: gives the backbone and the strategy.
        frozen: stages shown as frozen; may be more than the strategy allows.
        n_classes: outputs of the head.
    """
    info, strategy = plan.info, plan.strategy
    tensors, features, can_choose = strategy.tensors, strategy.features, strategy.freezes == "some"
    render_chart(
        plot_stage_row(info, frozen, n_classes=n_classes, tensors=tensors, features=features),
        key="stage-row",
        alt=describe_stage_row(info, frozen, n_classes=n_classes, tensors=tensors, features=features),
        file_name=f"network-{info.row.id}",
    )
    if not can_choose:
        _render_reason(dataset_id, plan)
    else:
        _render_slider(dataset_id, info, frozen)
    st.caption(f"On: {PARTS[tensors]}. Off: it is frozen. The head always trains.")
    with st.container(horizontal=True, gap="medium", key="stage-switches"):
        for name in info.stage_names:
            _render_switch(dataset_id, info, name, frozen, can_choose=can_choose)


def _render_reason(dataset_id: str, plan: RunPlan) -> None:
    with st.container(horizontal=True, vertical_alignment="center"):
        st.markdown(f":material/lock: **{escape_markdown(plan.strategy.title)}** {REASONS[plan.strategy.freezes]}")
        st.button(
            "Choose the stages myself",
            key="open-stages",
            icon=":material/lock_open:",
            help="Switches to the strategy that fits the head first and then trains the stages you leave on.",
            on_click=draft.choose_strategy,
            args=(dataset_id, FINE_TUNING),
        )


def _render_slider(dataset_id: str, info: BackboneInfo, frozen: tuple[str, ...]) -> None:
    options = (NOTHING, *info.stage_names[:-1])
    st.session_state[SLIDER_KEY] = options[min(_leading(info, frozen), len(options) - 1)]
    st.select_slider(
        "Freeze up to",
        options,
        key=SLIDER_KEY,
        help="Freezes this stage and all before it; the switches below allow any other pattern.",
        on_change=_freeze_until,
        args=(dataset_id, info.stage_names),
    )


def _freeze_until(dataset_id: str, names: tuple[str, ...]) -> None:
    until = st.session_state[SLIDER_KEY]
    draft.freeze(dataset_id, () if until == NOTHING else names[: names.index(until) + 1])


def _render_switch(
    dataset_id: str, info: BackboneInfo, name: str, frozen: tuple[str, ...], *, can_choose: bool
) -> None:
    # The draft decides: a switch is set from it on every run, and only a person's press changes it.
    key = f"stage-{info.row.id}-{name}" + ("" if can_choose else "-fixed")
    st.session_state[key] = name not in frozen
    st.toggle(
        escape_markdown(name),
        key=key,
        disabled=not can_choose,
        on_change=_flip,
        args=(dataset_id, info.stage_names, name, frozen),
    )


def _flip(dataset_id: str, names: tuple[str, ...], name: str, frozen: tuple[str, ...]) -> None:
    wanted = set(frozen) ^ {name}
    draft.freeze(dataset_id, tuple(stage for stage in names if stage in wanted))


def _leading(info: BackboneInfo, frozen: tuple[str, ...]) -> int:
    """How many stages are frozen from the input on, without a gap."""
    return next((at for at, name in enumerate(info.stage_names) if name not in frozen), len(info.stage_names))
