"""A prediction: a sentence, the bars, and what it does not mean."""

from __future__ import annotations

import streamlit as st

from core.plots.probabilities import describe_probabilities, plot_probabilities
from core.workflows.predict import Prediction
from pages.components.charts import render_chart
from pages.components.text import escape_markdown

PROBABILITY_HELP = (
    "Probabilities are scaled by the temperature that the run fitted on its validation samples, so that “80% sure” is "
    "right about 80% of the time on inputs like those. Calibration, on the results page, says how well that works; "
    "without enough validation samples they are the model's own."
)

REJECTED_HELP = (
    "For this run somebody chose, on the results page under Calibration, which share of its answers shall be right. "
    "Where it is less sure than that takes, it does not answer."
)


def render_answer(prediction: Prediction, *, true_class: str | None = None) -> None:
    """Class and probability in words, the most probable classes as bars.

    Args:
        prediction: the answer.
        true_class: what it should have been, for samples whose class is known.
    """
    names = [name for name, _ in prediction.probabilities]
    probs = [prob for _, prob in prediction.probabilities]
    with st.container(border=True, key="answer"):
        if prediction.is_unlike and prediction.further_than is not None:
            _render_unlike(prediction.further_than)
        if prediction.rejected:
            st.metric("Answer", "I don't know", help=REJECTED_HELP)
            st.markdown(f"{prediction.reason} It would have been **{escape_markdown(prediction.label)}**.")
        else:
            st.metric(
                "Most probable class" if _is_most_probable(prediction) else "Decided for",
                escape_markdown(prediction.label),
                help=PROBABILITY_HELP,
            )
        st.markdown(_sentence(prediction))
        if true_class is not None:
            _render_truth(prediction, true_class)
        render_chart(
            plot_probabilities(probs, names),
            key="probabilities",
            alt=describe_probabilities(probs, names),
            file_name="probabilities",
        )
    if not prediction.rejected:
        st.caption(
            f"The model knows {len(names)} classes and always names one of them, also for an input that belongs to "
            "none."
        )


def _is_most_probable(prediction: Prediction) -> bool:
    return prediction.probability >= max(prob for _, prob in prediction.probabilities)


def _render_unlike(further_than: float) -> None:
    than = "all" if further_than == 1 else f"{further_than:.1%} of the"
    st.warning(
        f"Further away from what it learned than {than} validation samples. Its probabilities mean nothing for such an "
        "input. Of inputs like the validation samples, 1 in 20 is called so by mistake.",
        icon=":material/travel_explore:",
        title="Unlike anything it was trained on",
    )


def _sentence(prediction: Prediction) -> str:
    others = [pair for pair in prediction.probabilities if pair[0] != prediction.label]
    sentence = f"The model gives **{escape_markdown(prediction.label)}** a probability of {prediction.probability:.1%}"
    if not others:
        return sentence + "."
    name, prob = max(others, key=lambda pair: pair[1])
    if prob > prediction.probability:
        return f"{sentence}; {escape_markdown(name)} has {prob:.1%}, but this run decides for rarer classes sooner."
    return f"{sentence}; next comes {escape_markdown(name)} with {prob:.1%}."


def _render_truth(prediction: Prediction, true_class: str) -> None:
    is_right = true_class == prediction.label
    word = "right" if is_right else "wrong"
    start = f"That would have been {word}" if prediction.rejected else word.capitalize()
    icon = ":material/check_circle:" if is_right else ":material/cancel:"
    st.markdown(f"{icon} {start}: the sample is labeled {escape_markdown(true_class)}.")
