"""How a run decides whose decisions were tuned, and what that gave."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import streamlit as st

from core.evaluation.records import Report
from pages.components.text import escape_markdown, shorten

N_NAMED = 6
NAME_CHARS = 40


def render_decision(report: Report) -> None:
    """The gain on validation samples that had no say in it, and the classes that were moved furthest."""
    found = report.decision
    if found is None:
        return
    if found.why:
        st.markdown(f":material/balance: The most probable class decides: {escape_markdown(found.why)}.")
        return
    st.markdown(
        f":material/balance: **Decisions are tuned** for macro-F1 on {found.n:,} validation samples: "
        f"{found.macro_f1:.3f} instead of {found.macro_f1_before:.3f}, where each fifth of them is decided by what the "
        f"others tune. {_classes(report.class_names, found.values, found.decides_at)} Probabilities stay as they are."
    )


def _classes(class_names: Sequence[str], values: Sequence[float], decides_at: Callable[[int], float]) -> str:
    moved = sorted((label for label, value in enumerate(values) if value), key=lambda label: -abs(values[label]))
    words = [_words(class_names[label], decides_at(label)) for label in moved[:N_NAMED]]
    more = f", and {len(moved) - N_NAMED} more" if len(moved) > N_NAMED else ""
    return f"It decides for {', '.join(words)}{more}." if words else ""


def _words(name: str, share: float) -> str:
    when = "already at" if share < 0.5 else "only from"
    return f"**{escape_markdown(shorten(name, NAME_CHARS))}** {when} {share:.0%}{'' if share < 0.5 else ' on'}"
