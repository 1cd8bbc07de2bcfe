"""What a person has chosen on the Train page so far, per dataset, and how it survives leaving the page."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import streamlit as st

from core.training.spec import TrainingSpec
from core.workflows.plan_run import RunChoices, is_offered
from pages.components import state


def read_draft(dataset_id: str) -> RunChoices:
    """The choices made for a dataset; none at first."""
    return _drafts().get(dataset_id, RunChoices(dataset_id=dataset_id))


def change_draft(dataset_id: str, change: Callable[[RunChoices], RunChoices]) -> None:
    """Replace the choices made for a dataset by `change` of them; meant for callbacks of widgets."""
    st.session_state[state.TRAIN_DRAFTS] = {**_drafts(), dataset_id: change(read_draft(dataset_id))}


def choose_model(dataset_id: str, model: str | None) -> None:
    """Another backbone, or None for the suggested one; the stages of the one before mean nothing to it, nor may the
    strategy.
    """

    def change(draft: RunChoices) -> RunChoices:
        is_kept = draft.strategy is not None and (model is None or is_offered(draft.strategy, model))
        return replace(draft, model=model, frozen_stages=None, strategy=draft.strategy if is_kept else None)

    change_draft(dataset_id, change)


def choose_strategy(dataset_id: str, strategy: str) -> None:
    """Another strategy; the stages chosen stay for when a strategy asks for them again."""
    change_draft(dataset_id, lambda draft: replace(draft, strategy=strategy))


def freeze(dataset_id: str, stages: tuple[str, ...]) -> None:
    """Exactly these stages are frozen."""
    change_draft(dataset_id, lambda draft: replace(draft, frozen_stages=stages))


def choose_setting(dataset_id: str, name: str, value: int | float | str) -> None:
    """One advanced setting."""
    change_draft(dataset_id, lambda draft: replace(draft, settings={**draft.settings, name: value}))


def forget_setting(dataset_id: str, name: str) -> None:
    """One advanced setting as suggested; the others stay."""

    def without(draft: RunChoices) -> RunChoices:
        return replace(draft, settings={key: value for key, value in draft.settings.items() if key != name})

    change_draft(dataset_id, without)


def forget_settings(dataset_id: str) -> None:
    """All advanced settings as suggested."""
    change_draft(dataset_id, lambda draft: replace(draft, settings={}))


def draft_like(spec: TrainingSpec) -> None:
    """Choose everything as a run had it."""
    values = spec.to_json()
    named = {key: values.pop(key) for key in ("dataset_id", "model", "strategy")}
    frozen = tuple(values.pop("frozen_stages"))
    values.pop("reason")
    change_draft(spec.dataset_id, lambda _: RunChoices(**named, frozen_stages=frozen, settings=values))


def _drafts() -> dict[str, RunChoices]:
    drafts: dict[str, RunChoices] = st.session_state.get(state.TRAIN_DRAFTS, {})
    return drafts
