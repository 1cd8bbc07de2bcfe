"""The camera with the answer following what it sees."""

from __future__ import annotations

import numpy as np
import streamlit as st

from core.errors import UserError
from core.workflows.predict import Prediction, predict_images
from core.workflows.show_run import RunView
from core.workflows.workspace import Workspace
from pages.components import state
from pages.components.camera import Frame, render_live_camera
from pages.components.frame import page_frame, render_error
from pages.components.text import escape_markdown, shorten

N_BARS = 6
"""So many classes keep their places; of more, the most probable ones are shown."""

NAME_CHARS = 40


def render_live_answer(workspace: Workspace, run: RunView) -> None:
    """The picture on one side, the answer on the other; only the newest picture is ever answered.

    The bars are Streamlit's own: they move in place, where a figure would be drawn anew with every picture.
    """
    slot = f"{state.LIVE}.{run.id}"

    def answer(frame: Frame) -> None:
        try:
            (found,) = predict_images(workspace, run.id, [("", frame.picture)])
        except UserError as error:
            st.session_state[slot] = (frame.number, error)
        else:
            st.session_state[slot] = (frame.number, found)

    # A fragment, so that a new picture asks nothing else of the page.
    @st.fragment
    def panel() -> None:
        with page_frame():
            picture, bars = st.columns(2, gap="large")
            number, found = st.session_state.get(slot, (0, None))
            with picture:
                render_live_camera(key=f"live-{run.id}", answered=number, on_frame=answer)
            with bars:
                if isinstance(found, UserError):
                    render_error(found)
                elif found is not None:
                    _render_bars(found)

    panel()


def _render_bars(found: Prediction) -> None:
    with st.container(border=True, key="live-answer"):
        st.metric("Answer", "I don't know" if found.rejected else escape_markdown(shorten(found.label, NAME_CHARS)))
        for name, prob in _shown(found):
            st.progress(min(prob, 1.0), text=f"{escape_markdown(shorten(name, NAME_CHARS))} {prob:.0%}")
        # Always there, so that nothing below moves when it changes.
        st.caption(
            ":orange[:material/travel_explore: Unlike anything it was trained on.]"
            if found.is_unlike
            else ":material/check: Like what it was trained on."
            if found.further_than is not None
            else ":material/videocam: The answer follows the camera."
        )


def _shown(found: Prediction) -> list[tuple[str, float]]:
    if len(found.probabilities) <= N_BARS:
        return list(found.probabilities)
    order = np.argsort([-prob for _, prob in found.probabilities], kind="stable")[:N_BARS]
    return [found.probabilities[int(place)] for place in order]
