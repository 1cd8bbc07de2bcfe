"""One text to predict: typed, or a validation sample."""

from __future__ import annotations

import streamlit as st

from core.errors import UserError
from core.settings import MAX_TEXT_CHARS
from core.workflows.example_inputs import ExampleInput
from core.workflows.predict import predict_texts
from core.workflows.show_run import RunView
from core.workflows.workspace import Workspace
from pages.components import state
from pages.components.answer import render_answer
from pages.components.frame import render_error
from pages.components.why import render_why


def render_text_input(workspace: Workspace, run: RunView, example: ExampleInput | None) -> None:
    """A line to type into, sent with Enter, and the answer under it."""
    key = f"text-{run.id}"
    if example is not None and st.session_state.get(state.EXAMPLE_SHOWN) != (run.id, example.text):
        st.session_state[state.EXAMPLE_SHOWN] = (run.id, example.text)
        st.session_state[key] = example.text
    with st.form("text-form", border=False), st.container(horizontal=True, vertical_alignment="bottom"):
        text = st.text_input("Text", key=key, placeholder="Type a text and press Enter", max_chars=MAX_TEXT_CHARS)
        is_sent = st.form_submit_button("Predict", type="primary", icon=":material/send:")
    is_example = example is not None and text == example.text
    if not is_sent and not is_example:
        return
    try:
        with st.spinner("Reading it", show_time=True):
            prediction = predict_texts(workspace, run.id, [text])[0]
    except UserError as error:
        render_error(error)
        return
    render_answer(prediction, true_class=example.true_class if is_example and example is not None else None)
    render_why(workspace, run, text, key="why", class_name=prediction.label)
