"""Which runs are compared: those of the address, else the newest two of one dataset."""

from __future__ import annotations

from collections.abc import Sequence

import streamlit as st

from core.errors import UnknownChoiceError
from core.runs.records import READABLE_STATES
from core.workflows.show_run import RunCard, RunView, read_status, show_run
from core.workflows.workspace import Workspace
from pages.components import state
from pages.components.run_names import name_runs
from pages.components.text import escape_markdown, shorten

KEY = "compare.runs"
MAX_RUNS = 8
"""As many as have a colour of their own in the charts, and a row each without scrolling."""

MARKS = "ABCDEFGH"
"""The letter each run has wherever it is named on the page."""


def render_run_choice(workspace: Workspace, cards: Sequence[RunCard]) -> tuple[RunView, ...]:
    """A box with the runs to compare; gives the chosen ones in their order, some of which may still be training."""
    readable = [card for card in cards if _has_report(card)]
    asked = _known(workspace, state.current_runs())
    by_id = {card.id: card for card in cards if card in readable or card.id in asked}
    asked = [run_id for run_id in asked if run_id in by_id]
    if not state.are_runs_chosen():  # who has just taken a run out of the box does not want it back
        asked = complete_choice(asked, readable)
        state.choose_runs(asked)
    st.session_state[KEY] = asked[:MAX_RUNS]
    names = name_runs(list(by_id.values()))
    chosen = st.multiselect(
        "Runs",
        tuple(by_id),
        key=KEY,
        format_func=names.__getitem__,
        max_selections=MAX_RUNS,
        placeholder="Choose two or more runs",
        on_change=_follow,
    )
    return tuple(show_run(workspace, run_id) for run_id in chosen)


def complete_choice(asked: Sequence[str], readable: Sequence[RunCard]) -> list[str]:
    """What was asked for; a run alone gets the newest other one on the same data, nothing the newest such two.

    Args:
        asked: ids of runs that exist.
        readable: the runs with a report, newest first.
    """
    if len(asked) > 1:
        return list(asked)
    if asked:
        dataset_id = next((card.spec.dataset_id for card in readable if card.id == asked[0]), None)
        others = [card.id for card in readable if card.id != asked[0] and card.spec.dataset_id == dataset_id]
        return [*asked, *others[:1]]
    for card in readable:
        same = [other.id for other in readable if other.spec.dataset_id == card.spec.dataset_id]
        if len(same) > 1:
            return same[1::-1]  # the older one first: what came after it is compared with it
    return [card.id for card in readable[1::-1]]


def marked_names(names: Sequence[str]) -> tuple[str, ...]:
    """Each name with the letter of its run before it, as plain text."""
    return tuple(f"{mark} {shorten(name, 80)}" for mark, name in zip(MARKS, names, strict=False))


def _known(workspace: Workspace, run_ids: Sequence[str]) -> list[str]:
    """Those of the ids that a run has; the others are said."""
    known, unknown = [], []
    for run_id in run_ids:
        try:
            read_status(workspace, run_id)
            known.append(run_id)
        except UnknownChoiceError:
            unknown.append(f"“{escape_markdown(shorten(run_id, 40))}”")
    if unknown:
        st.warning(
            f"There is no run {', '.join(unknown[:MAX_RUNS])} in this workspace. Choose others below.",
            icon=":material/search_off:",
        )
    return known


def _has_report(card: RunCard) -> bool:
    return card.status.state in READABLE_STATES and card.macro_f1 is not None


def _follow() -> None:
    state.choose_runs(st.session_state[KEY], by_hand=True)
