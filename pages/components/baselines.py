"""What simpler ways reach on the same samples, in a line under the cards."""

from __future__ import annotations

import streamlit as st

from core.evaluation.records import BASELINE_TITLES, Baseline, SplitReport
from pages.components.time_words import duration_words

HELP = (
    "All of them learn from training samples only. They say what the model adds: where one of them is as good, "
    "the simpler way will do."
)


def render_baselines(part: SplitReport) -> None:
    """Accuracy of each; what was not computed says why."""
    computed = [_words(one) for one in part.baselines if one.accuracy is not None]
    skipped = [f"{BASELINE_TITLES[one.name]} ({one.why})" for one in part.baselines if one.accuracy is None]
    lines = [f"Simpler ways on the same samples: {'; '.join(computed)}."] if computed else []
    lines += [f"Not computed: {'; '.join(skipped)}."] if skipped else []
    if lines:
        st.caption(" ".join(lines), help=HELP)


def _words(one: Baseline) -> str:
    accuracy = one.accuracy
    if accuracy is None:
        return ""
    text = f"{BASELINE_TITLES[one.name]} **{accuracy.value:.1%}**"
    if accuracy.low is not None and accuracy.high is not None:
        text += f" ({accuracy.low * 100:.1f}–{accuracy.high * 100:.1f}%)"
    if not one.seconds:
        return text
    return f"{text}, {one.n_train:,} training samples, {duration_words(one.seconds)}"
