"""Whether the probabilities of a run mean what they say, before and after scaling."""

from __future__ import annotations

import streamlit as st

from core.evaluation.records import Calibration, Report, SplitReport
from core.plots.coverage import describe_coverage, plot_coverage
from core.plots.reliability import describe_reliability, plot_reliability
from pages.components.charts import render_chart
from pages.components.frame import page_frame
from pages.components.headline import SPLIT_TITLES

CARD_PX = 160
HOW = {
    "held-out": "The temperature comes from the validation samples; these had no say in it.",
    "cross-fitted": "These samples fitted the temperature, which would flatter them: here each half of them is scaled "
    "by what the other half fits.",
    "unscaled": "",
}
ECE_HELP = (
    "Expected calibration error: how far confidence and hit rate are apart, averaged over the samples in 15 groups of "
    "equal size. 0 means that “80% sure” is right 80% of the time."
)
BRIER_HELP = "Mean squared distance of the probabilities from the truth; 0 is best, 2 is worst."
LOSS_HELP = "Mean of −log of the probability given to the true class, in nats; 0 is best."
TOP_HELP = "Share of samples whose class is among the three most probable."


def render_calibration(report: Report) -> None:
    """Numbers in words for the test split, or else for validation; the curves where somebody opens them."""
    parts = [part for part in sorted(report.splits, key=lambda part: part.split) if part.calibration]
    st.markdown(_temperature_words(report))
    for part in parts:
        _render_split(part)
    _render_curves(parts)


def _temperature_words(report: Report) -> str:
    found = report.temperature
    if found is None:
        return ""
    if found.why:
        return f"The probabilities are the model's own: {found.why}."
    verdict = "too sure of itself" if found.value > 1 else "not sure enough"
    return (
        f"The model was {verdict}: its logits are divided by **{found.value:.2f}** (the temperature, fitted on "
        f"{found.n:,} validation samples). That changes probabilities, never an answer."
    )


def _render_split(part: SplitReport) -> None:
    found = part.calibration
    if found is None:
        return
    with st.container(key=f"calibration-{part.split}", gap="small"):
        st.markdown(f"**{SPLIT_TITLES[part.split]}** · {part.n:,} samples · {_error_words(found)}")
        with st.grid(4, min_column_width=CARD_PX):
            _card("Calibration error", f"{found.after.ece:.1%}", _before(found, f"{found.before.ece:.1%}"), ECE_HELP)
            _card("Brier score", f"{found.after.brier:.3f}", _before(found, f"{found.before.brier:.3f}"), BRIER_HELP)
            loss = f"{found.after.log_loss:.3f}"
            _card("Log loss", loss, _before(found, f"{found.before.log_loss:.3f}"), LOSS_HELP)
            if found.top_3_accuracy is not None:
                top = found.top_3_accuracy
                _card("Among the top 3", f"{top.value:.1%}", _interval(top.low, top.high), TOP_HELP)
        if HOW[found.how]:
            st.caption(HOW[found.how])


def _error_words(found: Calibration) -> str:
    gap = f"confidence and hit rate are {found.after.ece * 100:.1f} points apart"
    chance = f"as many samples of a perfectly calibrated model would show {found.ece_by_chance * 100:.1f} by chance"
    return f"{gap}; {chance}."


def _before(found: Calibration, number: str) -> str:
    return "" if found.how == "unscaled" else f"{number} before scaling"


def _interval(low: float | None, high: float | None) -> str:
    return "" if low is None or high is None else f"95% interval {low * 100:.1f}–{high * 100:.1f}%"


def _card(label: str, value: str, words: str, explained: str) -> None:
    with st.container(border=True, height="stretch", gap="xsmall"):
        st.metric(label, value, help=explained)
        if words:
            st.caption(words)


@st.fragment
def _render_curves(parts: list[SplitReport]) -> None:
    """Drawn only while the fold is open."""
    with page_frame():
        fold = st.expander(
            "Curves: when it is sure, is it right? And what if it answers only when it is sure?",
            icon=":material/ssid_chart:",
            key="calibration-curves",
            on_change="rerun",
        )
        if not fold.open:
            return
        with fold:
            for part in parts:
                if part.calibration is not None:
                    _render_pair(part.split, part.calibration)


def _render_pair(split: str, found: Calibration) -> None:
    st.markdown(f"**{SPLIT_TITLES[split]}**")
    reliability, coverage = st.columns(2, gap="large")
    with reliability:
        render_chart(
            plot_reliability(found),
            key=f"reliability-{split}",
            alt=describe_reliability(found),
            file_name=f"reliability-{split}",
        )
        st.caption("Each point stands for equally many samples. Below the dashed line it is surer than it is right.")
    with coverage:
        render_chart(
            plot_coverage(found), key=f"coverage-{split}", alt=describe_coverage(found), file_name=f"coverage-{split}"
        )
        st.caption(f"{describe_coverage(found)} The threshold is the probability shown on Predict.")
