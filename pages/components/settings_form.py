"""The advanced settings, one field per row of `core.training.settings`."""

from __future__ import annotations

import streamlit as st

from core.datasets.records import Modality
from core.training.settings import Setting, list_settings
from core.workflows.plan_run import RunPlan
from pages.components import draft
from pages.components.text import escape_markdown

COLUMN_PX = 210


def render_settings(dataset_id: str, plan: RunPlan, modality: Modality) -> None:
    """A field for each setting that acts on this run, filled with the suggestion or what was chosen.

    Args:
        dataset_id: whose choices are changed.
        plan: the plan without any chosen setting; its values are the suggested ones.
        modality: settings that act on images only are left out for texts.
    """
    chosen = draft.read_draft(dataset_id).settings
    takes_steps = any(not phase.is_solved for phase in plan.phases)
    rows = [row for row in list_settings() if _acts(row, takes_steps=takes_steps, modality=modality)]
    if not takes_steps:
        st.caption("The head is solved for directly, so nothing about epochs, steps or rates is to be set.")
    with st.grid(4, min_column_width=COLUMN_PX):
        for row in rows:
            suggested = getattr(plan.spec, row.name)
            _render_field(dataset_id, row, chosen.get(row.name, suggested), _help(row, plan))
    if chosen:
        st.button(
            "Back to the suggested settings",
            key="settings-reset",
            icon=":material/restart_alt:",
            on_click=draft.forget_settings,
            args=(dataset_id,),
        )


def _acts(row: Setting, *, takes_steps: bool, modality: Modality) -> bool:
    return row.acts_on == "all" or (takes_steps if row.acts_on == "steps" else modality == "image")


def _help(row: Setting, plan: RunPlan) -> str:
    reasons = dict(zip((name for name, _ in plan.suggestion.settings), plan.suggestion.reasons, strict=True))
    suggested = getattr(plan.spec, row.name)
    shown = f"{suggested:g}" if isinstance(suggested, float) else str(suggested)
    why = f" {reasons[row.name]}" if row.name in reasons else ""
    return escape_markdown(f"{row.help} Suggested: {shown}.{why}")


def _render_field(dataset_id: str, row: Setting, value: int | float | str, help_text: str) -> None:
    key = f"setting-{row.name}"
    st.session_state[key] = value
    if row.choices:
        st.selectbox(row.label, row.choices, key=key, help=help_text, on_change=_choose, args=(dataset_id, row.name))
    elif isinstance(row.default, int):
        st.number_input(
            row.label,
            min_value=_whole(row.minimum),
            max_value=_whole(row.maximum),
            step=1,
            key=key,
            help=help_text,
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
            help=help_text,
            on_change=_choose,
            args=(dataset_id, row.name),
        )


def _whole(bound: float | None) -> int | None:
    return None if bound is None else int(bound)


def _choose(dataset_id: str, name: str) -> None:
    draft.choose_setting(dataset_id, name, st.session_state[f"setting-{name}"])
