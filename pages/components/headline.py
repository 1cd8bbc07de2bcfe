"""The numbers a run is judged by, each with its split, its n, how sure it is, and what guessing would give."""

from __future__ import annotations

import streamlit as st

from core.evaluation.records import Interval, Report, SplitReport
from pages.components.baselines import render_baselines
from pages.components.text import escape_markdown, shorten

CARD_PX = 160
NAME_CHARS = 18
SPLIT_TITLES = {"test": "Test", "val": "Validation"}
SPLIT_SENTENCES = {
    "test": "opened once, after everything was decided: the number to tell others.",
    "val": "chose the best state and may flatter it a little.",
}


def render_headline(report: Report) -> None:
    """Test first, then validation, four cards each; then what a reader must know before trusting them."""
    for part in sorted(report.splits, key=lambda part: part.split):  # "test" stands before "val"
        _render_split(part)
    if report.split("test") is None:
        st.caption("There is no test split: these numbers come from the samples that also chose the model.")
    if report.warnings:
        lines = "\n".join(f"- {escape_markdown(warning)}" for warning in report.warnings)
        st.warning(lines, icon=":material/info:", title="Before you trust these numbers")


def _render_split(part: SplitReport) -> None:
    with st.container(key=f"headline-{part.split}", gap="small"):
        st.markdown(f"**{SPLIT_TITLES[part.split]}** · {part.n:,} samples · {SPLIT_SENTENCES[part.split]}")
        gives = f"Always answering “{escape_markdown(shorten(part.majority_class, NAME_CHARS))}” gives"
        with st.grid(4, min_column_width=CARD_PX):
            _render_card(
                "Accuracy",
                f"{part.accuracy.value:.1%}",
                f"{_interval(part.accuracy, per_cent=True)}  \n{gives} {part.majority_accuracy:.1%}",
            )
            _render_card(
                "Macro-F1",
                f"{part.macro_f1.value:.3f}",
                f"{_interval(part.macro_f1, per_cent=False)}  \n{gives} {part.majority_macro_f1:.3f}",
            )
            _render_card(
                "Weighted F1", f"{part.weighted_f1:.3f}", "Mean F1 of the classes, each counted by its samples."
            )
            _render_card("Micro-F1", f"{part.micro_f1:.3f}", "With one class per sample it equals accuracy.")
        render_baselines(part)


def _render_card(label: str, value: str, words: str) -> None:
    with st.container(border=True, height="stretch", gap="xsmall"):
        st.metric(label, value)
        st.caption(words)


def _interval(number: Interval, *, per_cent: bool) -> str:
    if number.low is None or number.high is None:
        return f"No interval: {escape_markdown(number.why)}"
    if per_cent:
        return f"95% interval {number.low * 100:.1f}–{number.high * 100:.1f}%"
    return f"95% interval {number.low:.3f}–{number.high:.3f}"
