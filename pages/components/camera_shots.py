"""Pictures of the camera for a dataset: buttons to hold, what was taken so far, and a way to take a press back."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

import streamlit as st

from core.errors import UserError
from core.workflows.camera_frames import Frame, discard_frames, keep_frames
from pages.components import state
from pages.components.camera import FRAMES_PER_S, MAX_FRAMES, Burst, render_camera
from pages.components.frame import render_error
from pages.components.text import escape_markdown, shorten

SHOWN_PER_CLASS = 8
PICTURE_PX = 64
PROBLEM_KEY = "camera-problem"


def render_shots(slot: str, class_names: Sequence[str]) -> tuple[Frame, ...]:
    """The camera with a button for each class, and the pictures that wait to be added.

    Args:
        slot: a name for what the pictures are for.
        class_names: as a person typed them.
    """
    st.caption(
        f"Hold a button: {FRAMES_PER_S} pictures a second are taken until you let go, at most {MAX_FRAMES}. Pictures "
        "of one press are nearly alike, so they stay on one side of the split; press several times, each time with "
        "another view, person or background."
    )
    render_camera(class_names, key=f"camera-{slot}", on_burst=partial(_keep, slot))
    if problem := st.session_state.pop(PROBLEM_KEY, None):
        render_error(UserError(*problem))
    taken = state.frames(slot)
    for name in dict.fromkeys(frame.class_name for frame in taken):
        _render_class(slot, name, [frame for frame in taken if frame.class_name == name])
    return taken


def discard_shots(slot: str) -> None:
    """Delete all pictures of a slot."""
    discard_frames(state.frames(slot))
    state.set_frames(slot, ())


def _keep(slot: str, burst: Burst) -> None:
    try:
        kept = keep_frames(state.workspace(), burst.name, burst.frames)
    except UserError as error:
        st.session_state[PROBLEM_KEY] = (error.problem, error.remedy)
        return
    state.set_frames(slot, (*state.frames(slot), *kept))


def _render_class(slot: str, name: str, taken: Sequence[Frame]) -> None:
    presses = list(dict.fromkeys(frame.press for frame in taken))
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        st.markdown(
            f"**{escape_markdown(shorten(name, 40))}** · {_counted(len(taken), 'picture')} in "
            f"{_counted(len(presses), 'press', 'presses')}",
            width="content",
        )
        st.button(
            "Take the last press back",
            key=f"take-back-{slot}-{name}",
            type="tertiary",
            icon=":material/undo:",
            on_click=_take_back,
            args=(slot, presses[-1]),
        )
    step = -(-len(taken) // SHOWN_PER_CLASS)
    shown = [frame.path.read_bytes() for frame in taken[::step] if frame.path.exists()]
    if shown:
        st.image(shown, width=PICTURE_PX, alt=[f"A picture of {name}"] * len(shown))


def _take_back(slot: str, press: str) -> None:
    taken = state.frames(slot)
    discard_frames(frame for frame in taken if frame.press == press)
    state.set_frames(slot, (frame for frame in taken if frame.press != press))


def _counted(n: int, one: str, many: str = "") -> str:
    return f"{n:,} {one if n == 1 else many or one + 's'}"
