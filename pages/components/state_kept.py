"""Which state a run ships, the fitted head or what was trained after it, and why."""

from __future__ import annotations

import streamlit as st

from core.training.events import StateChosen

REASONS = {
    "hits": "It is right clearly more often than the fitted head alone, so it is what this run ships.",
    "probabilities": "It is right about as often as the fitted head alone, and its probabilities are clearly better, "
    "so it is what this run ships.",
    "not-clear": "Neither is clear, so this run ships the simpler model: the fitted head, before any stage trained.",
    "no-mistake": "The fitted head alone makes no mistake on them, so this run ships the simpler model: that head.",
}


def render_state_kept(chosen: StateChosen) -> None:
    """One sentence with both differences, each with its standard error, and the rule."""
    st.markdown(
        f":material/rule: **Was training the stages worth it?** {_differences(chosen)} {REASONS[chosen.reason]}"
    )
    st.caption(
        "Both states answered the same validation samples. A difference counts as clear when it is larger than its "
        "standard error; otherwise the simpler model is kept."
    )


def _differences(chosen: StateChosen) -> str:
    direction = "lower" if chosen.loss_gain >= 0 else "higher"
    return (
        f"On {chosen.n:,} validation samples the trained state has {chosen.accuracy_gain * 100:+.1f} ± "
        f"{chosen.accuracy_error * 100:.1f} points of balanced accuracy and a log loss that is "
        f"{abs(chosen.loss_gain):.3f} ± {chosen.loss_error:.3f} {direction}."
    )
