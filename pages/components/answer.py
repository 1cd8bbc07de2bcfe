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


def render_answer(prediction: Prediction, *, true_class: str | None = None) -> None:
    """Class and probability in words, the most probable classes as bars.

    Args:
        prediction: the answer.
        true_class: what it should have been, for samples whose class is known.
    """
    names = [name for name, _ in prediction.probabilities]
    probs = [prob for _, prob in prediction.probabilities]
    with st.container(border=True, key="answer"):
        st.metric("Most probable class", escape_markdown(prediction.label), help=PROBABILITY_HELP)
        st.markdown(_sentence(prediction))
        if true_class is not None:
            _render_truth(prediction, true_class)
        render_chart(
            plot_probabilities(probs, names),
            key="probabilities",
            alt=describe_probabilities(probs, names),
            file_name="probabilities",
        )
    st.caption(
        f"The model knows {len(names)} classes and always names one of them, also for an input that belongs to none."
    )


def _sentence(prediction: Prediction) -> str:
    ranked = sorted(prediction.probabilities, key=lambda pair: -pair[1])
    sentence = f"The model gives **{escape_markdown(prediction.label)}** a probability of {prediction.probability:.1%}"
    if len(ranked) < 2:
        return sentence + "."
    name, prob = ranked[1]
    return f"{sentence}; next comes {escape_markdown(name)} with {prob:.1%}."


def _render_truth(prediction: Prediction, true_class: str) -> None:
    if true_class == prediction.label:
        st.markdown(f":material/check_circle: Right: the sample is labeled {escape_markdown(true_class)}.")
    else:
        st.markdown(f":material/cancel: Wrong: the sample is labeled {escape_markdown(true_class)}.")
