"""A dataset from nothing: name the classes, hold a button for each, and it is there."""

from __future__ import annotations

import streamlit as st

from core.datasets.records import Dataset
from core.errors import UserError
from core.workflows.camera_frames import name_classes, need_presses, start_with_frames
from pages.components import state
from pages.components.camera_shots import discard_shots, render_shots
from pages.components.frame import page_frame, render_error
from pages.components.text import escape_markdown, shorten

SLOT = "new"
MAX_CLASSES = 12


@st.fragment
def render_camera_start() -> None:
    """Everything from the names of the classes to the dataset."""
    with page_frame():
        names = _render_names()
        if len(names) < 2:
            st.caption("A dataset needs at least two classes: name them, with a comma between.")
            return
        taken = render_shots(SLOT, names)
        lacking = need_presses(taken, names)
        if lacking:
            listed = ", ".join(f"{escape_markdown(shorten(name, 40))} {n}" for name, n in lacking.items())
            st.caption(f"Presses still needed, so that one is learned from and another one judges: {listed}.")
        with st.container(horizontal=True):
            is_made = st.button(
                "Make the dataset", key="camera-make", type="primary", icon=":material/check:", disabled=bool(lacking)
            )
            if taken:
                st.button(
                    "Throw the pictures away",
                    key="camera-discard",
                    icon=":material/delete:",
                    on_click=discard_shots,
                    args=(SLOT,),
                )
        if is_made:
            _make()


def _render_names() -> list[str]:
    typed = st.text_input("Classes, with a comma between", "yes, no", key="camera-classes", max_chars=400, width=420)
    return list(name_classes(typed))[:MAX_CLASSES]


def _make() -> None:
    try:
        with st.spinner("Looking at the pictures", show_time=True):
            made: Dataset = start_with_frames(state.workspace(), state.frames(SLOT), name="Camera pictures")
    except UserError as error:
        render_error(error)
        return
    state.set_frames(SLOT, ())
    state.choose_dataset(made.id)
    state.set_adding(False)
    st.rerun()
