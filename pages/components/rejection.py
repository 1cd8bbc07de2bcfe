"""When the run shall say "I don't know": the share of its answers that shall be right, and what that costs."""

from __future__ import annotations

import streamlit as st

from core.errors import UserError
from core.evaluation.records import CoveragePoint, Rejection
from core.workflows.rejecting import PRECISIONS, find_rejection, forget_rejection, set_rejection
from core.workflows.show_run import RunView
from core.workflows.workspace import Workspace
from pages.components.frame import page_frame, render_error
from pages.components.text import escape_markdown

EVERYTHING = 0.0
HELP = (
    "The threshold is the smallest probability above which, on the validation samples, the lower 95% bound of the "
    "share of right answers (Clopper-Pearson) reaches what you want. Predict and the command line then answer “I don't "
    "know” below it."
)


@st.fragment
def render_rejection(workspace: Workspace, run: RunView) -> None:
    """The choice, kept with the run, and what it gives on validation and on test."""
    with page_frame():
        chosen = find_rejection(workspace, run.id)
        key = f"rejection-{run.id}"
        st.session_state[key] = EVERYTHING if chosen is None else chosen.precision
        st.segmented_control(
            "Share of its answers that shall be right",
            (EVERYTHING, *_choices(chosen)),
            key=key,
            required=True,
            format_func=lambda share: f"{share:.0%}" if share else "Answer everything",
            help=HELP,
            on_change=_choose,
            args=(workspace, run.id, key),
        )
        if chosen is not None:
            _render_outcome(chosen)


def _choices(chosen: Rejection | None) -> list[float]:
    """What is offered, and what somebody chose on the command line."""
    return sorted({*PRECISIONS, *([chosen.precision] if chosen else [])})


def _choose(workspace: Workspace, run_id: str, key: str) -> None:
    wanted = st.session_state[key]
    try:
        if wanted == EVERYTHING:
            forget_rejection(workspace, run_id)
        else:
            set_rejection(workspace, run_id, wanted)
    except UserError as error:
        render_error(error)


def _render_outcome(chosen: Rejection) -> None:
    if chosen.threshold is None:
        st.info(
            f"{chosen.precision:.0%} cannot be reached on these data: {escape_markdown(chosen.why)}. The run goes on "
            "answering everything.",
            icon=":material/block:",
        )
        return
    parts = [_words("validation", chosen.val), *([_words("test", chosen.test)] if chosen.test else [])]
    st.markdown(
        f":material/help_center: It answers where it is at least **{chosen.threshold:.1%}** sure, else it says “I "
        f"don't know”. {' '.join(parts)}"
    )
    if chosen.test is None:
        st.caption("There is no test split, so nothing but the samples that chose the threshold says what it gives.")


def _words(split: str, point: CoveragePoint | None) -> str:
    if point is None:
        return ""
    low, high = point.accuracy.low, point.accuracy.high
    if low is None or high is None:
        return f"On {split} that answers nothing."
    return (
        f"On {split} that answers {point.coverage:.1%} of the samples, of which {point.accuracy.value:.1%} are right "
        f"({low * 100:.1f}–{high * 100:.1f}%)."
    )
