"""The advanced settings, one field per row of `core.training.settings`, each with what is suggested and why."""

from __future__ import annotations

from collections.abc import Mapping

import streamlit as st

from core.datasets.records import Modality
from core.training.settings import Setting, list_groups, list_settings
from core.workflows.plan_run import RunPlan
from pages.components import draft
from pages.components.text import escape_markdown

COLUMN_PX = 260

Value = int | float | str


def render_settings(dataset_id: str, plan: RunPlan, modality: Modality) -> None:
    """The settings that act on this run, by group, filled with the suggestion or what was chosen.

    Args:
        dataset_id: whose choices are changed.
        plan: the plan without any chosen setting; its values are the suggested ones.
        modality: settings that act on images only are left out for texts.
    """
    chosen = draft.read_draft(dataset_id).settings
    takes_steps = any(not phase.is_solved for phase in plan.phases)
    rows = [row for row in list_settings() if _acts(row, plan, modality)]
    if not takes_steps:
        st.caption("The head is solved for directly, so nothing about epochs, steps or rates is to be set.")
    for group in list_groups():
        of_group = [row for row in rows if row.group == group.id]
        if of_group:
            st.markdown(f"**{group.title}**  \n:small[{group.help}]")
            _render_group(dataset_id, of_group, plan, chosen)
    if chosen:
        st.button(
            "All as suggested",
            key="settings-reset",
            icon=":material/restart_alt:",
            on_click=draft.forget_settings,
            args=(dataset_id,),
        )


def _acts(row: Setting, plan: RunPlan, modality: Modality) -> bool:
    if row.name in plan.strategy.idle_settings:
        return False
    takes_steps = any(not phase.is_solved for phase in plan.phases)
    return row.acts(modality, takes_steps=takes_steps)


def _render_group(dataset_id: str, rows: list[Setting], plan: RunPlan, chosen: Mapping[str, Value]) -> None:
    with st.grid(3, min_column_width=COLUMN_PX):
        for row in rows:
            suggested = getattr(plan.spec, row.name)
            value = chosen.get(row.name, suggested)
            with st.container(gap="xsmall"):
                _render_field(dataset_id, row, value)
                st.caption(escape_markdown(f"Suggested: {row.words(suggested)}. {_reason(row, plan)}"))
                if value != suggested:
                    _render_way_back(dataset_id, row)


def _reason(row: Setting, plan: RunPlan) -> str:
    return plan.suggestion.reason_of(row.name) or row.reason


def _render_way_back(dataset_id: str, row: Setting) -> None:
    st.button(
        "Use the suggestion",
        key=f"suggested-{row.name}",
        type="tertiary",
        icon=":material/undo:",
        help=f"{row.label} as suggested; all else stays.",
        on_click=draft.forget_setting,
        args=(dataset_id, row.name),
    )


def _render_field(dataset_id: str, row: Setting, value: Value) -> None:
    key = f"setting-{row.name}"
    st.session_state[key] = value
    if row.choices:
        st.selectbox(row.label, row.choices, key=key, help=_help(row), on_change=_choose, args=(dataset_id, row.name))
    elif isinstance(row.default, int):
        st.number_input(
            row.label,
            min_value=_whole(row.minimum),
            max_value=_whole(row.maximum),
            step=1,
            key=key,
            help=_help(row),
            on_change=_choose,
            args=(dataset_id, row.name),
        )
    else:
        st.number_input(
            row.label,
            min_value=row.minimum,
            max_value=row.maximum,
            step=row.default / 10 or 0.05,
            format="%g",
            key=key,
            help=_help(row),
            on_change=_choose,
            args=(dataset_id, row.name),
        )


def _help(row: Setting) -> str:
    return escape_markdown(row.help)


def _whole(bound: float | None) -> int | None:
    return None if bound is None else int(bound)


def _choose(dataset_id: str, name: str) -> None:
    draft.choose_setting(dataset_id, name, st.session_state[f"setting-{name}"])
