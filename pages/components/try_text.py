"""Texts to predict: one that is typed, a validation sample, or pasted lines."""

from __future__ import annotations

from functools import partial

import streamlit as st

from core.errors import UserError
from core.settings import limit
from core.workflows.answer_many import MAX_LINES, answer_lines, lines_csv
from core.workflows.example_inputs import ExampleInput
from core.workflows.predict import Prediction, predict_texts
from core.workflows.show_run import RunView
from core.workflows.workspace import Workspace
from pages.components import state
from pages.components.answer import render_answer
from pages.components.download_button import render_download
from pages.components.frame import render_error
from pages.components.further import render_further

WAYS = {"one": "One text", "lines": "Pasted lines"}
LINES_PX, ROW_PX, MAX_TABLE_PX = 220, 35, 560


def render_text_input(workspace: Workspace, run: RunView, example: ExampleInput | None) -> None:
    """One text or many, and the answers under them; an answer stays until another text is sent."""
    way = st.segmented_control(
        "Texts from", list(WAYS), key="text-way", default="one", required=True, format_func=WAYS.__getitem__
    )
    if way == "lines":
        _render_lines(workspace, run)
        return
    text = _one_text(run, example)
    if text is None or (prediction := _try(workspace, run, text)) is None:
        return
    render_answer(prediction, true_class=example.true_class if example is not None and text == example.text else None)
    render_further(workspace, run, text, prediction)


def render_text_alone(workspace: Workspace, run: RunView) -> None:
    """One text and its answer, and nothing that asks further."""
    text = _one_text(run, None)
    if text is not None and (prediction := _try(workspace, run, text)) is not None:
        render_answer(prediction)


def _try(workspace: Workspace, run: RunView, text: str) -> Prediction | None:
    """The answer, or None and the reason on the page."""
    try:
        with st.spinner("Reading it", show_time=True):
            return predict_texts(workspace, run.id, [text])[0]
    except UserError as error:
        render_error(error)
        return None


def _one_text(run: RunView, example: ExampleInput | None) -> str | None:
    """A line to type into, sent with Enter; None before anything was sent."""
    key, sent = f"text-{run.id}", f"{state.TEXT_SENT}.{run.id}"
    if example is not None and st.session_state.get(state.EXAMPLE_SHOWN) != (run.id, example.text):
        st.session_state[state.EXAMPLE_SHOWN] = (run.id, example.text)
        st.session_state[key] = st.session_state[sent] = example.text
    with st.form("text-form", border=False), st.container(horizontal=True, vertical_alignment="bottom"):
        text = st.text_input("Text", key=key, placeholder="Type a text and press Enter", max_chars=limit("text"))
        if st.form_submit_button("Predict", type="primary", icon=":material/send:"):
            st.session_state[sent] = text
    return st.session_state.get(sent)


def _render_lines(workspace: Workspace, run: RunView) -> None:
    sent = f"{state.LINES_SENT}.{run.id}"
    with st.form("lines-form", border=False):
        pasted = st.text_area(
            "One text per line",
            key=f"lines-{run.id}",
            height=LINES_PX,
            placeholder="Paste texts, one per line",
            help=f"Up to {MAX_LINES:,}. More go under “Many at once”, as a file.",
        )
        if st.form_submit_button("Predict all", type="primary", icon=":material/send:"):
            st.session_state[sent] = pasted
    if sent not in st.session_state:
        return
    try:
        with st.spinner("Reading them", show_time=True):
            answers = answer_lines(workspace, run.id, st.session_state[sent])
    except UserError as error:
        render_error(error)
        return
    _render_table(answers)
    render_download("CSV", f"answers-{run.id}.csv", partial(lines_csv, workspace, run.id, answers), key="lines-csv")


def _render_table(answers: tuple[Prediction, ...]) -> None:
    """Every text with its answer, exactly as it is; sorted by a press on a heading."""
    st.dataframe(
        {
            "Text": [one.input for one in answers],
            "Answer": ["I don't know" if one.rejected else one.label for one in answers],
            "Probability": [one.probability for one in answers],
            "Remark": [_remark(one) for one in answers],
        },
        hide_index=True,
        height=min(MAX_TABLE_PX, ROW_PX * (len(answers) + 1) + 2),
        column_config={
            "Text": st.column_config.TextColumn(width="large"),
            "Probability": st.column_config.ProgressColumn(format="percent", min_value=0.0, max_value=1.0),
        },
        alt=f"{len(answers)} texts with their answers.",
    )


def _remark(one: Prediction) -> str:
    declined = f"would have said {one.label}" if one.rejected else ""
    return "; ".join(filter(None, ("unlike its training data" if one.is_unlike else "", declined)))
