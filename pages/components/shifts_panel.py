"""A lesson beside an answer: the same input made harder on purpose, and what becomes of the answer."""

from __future__ import annotations

from pathlib import Path

import streamlit as st

from core.workflows.shift_input import Shifted, ShiftedAnswers, shift_image, shift_text
from core.workflows.show_run import RunView
from core.workflows.workspace import Workspace
from pages.components.frame import page_frame
from pages.components.kept import run_version
from pages.components.text import escape_markdown, shorten

TITLES = {"image": "What if it were darker, blurred, turned?", "text": "What if it were typed in haste, or cut short?"}
STRENGTHS = {0.25: "slight", 0.5: "clear", 0.75: "strong", 1.0: "extreme"}
TILE_PX = 146
NAME_CHARS = 26


def render_shifts(workspace: Workspace, run: RunView, asked: str | bytes | Path) -> None:
    """A folded panel; nothing is shifted before it is opened.

    Args:
        workspace: where the run lies.
        run: a finished run.
        asked: what was classified: a text, the bytes of an image, or the file of one.
    """

    # A fragment, so that the slider asks nothing else of the page.
    @st.fragment
    def panel() -> None:
        title = TITLES[run.modality or "image"]
        with page_frame(), st.expander(title, icon=":material/tune:", key="shifts", on_change="rerun") as folder:
            if folder.open:
                _render(workspace, run, asked)

    panel()


def _render(workspace: Workspace, run: RunView, asked: str | bytes | Path) -> None:
    strength = st.select_slider(
        "How strong", tuple(STRENGTHS), value=0.5, key="shift-strength", format_func=STRENGTHS.__getitem__, width=360
    )
    with st.spinner("Asking again", show_time=True):
        found = _shifted(run_version(workspace, run), asked, strength, _workspace=workspace, _run_id=run.id)
    st.markdown(_lesson(found))
    if found.picture:
        _render_pictures(found)
    else:
        _render_texts(found)


def _render_pictures(found: ShiftedAnswers) -> None:
    with st.container(horizontal=True, gap="medium"):
        with st.container(width=TILE_PX, gap="xsmall"):
            st.image(found.picture, width=TILE_PX, alt="The image as the network sees it")
            st.markdown("**As it is**")
            st.markdown(f"{_name(found.original.label)} {found.original.probability:.0%}")
        for one in found.shifted:
            with st.container(width=TILE_PX, gap="xsmall"):
                st.image(one.picture, width=TILE_PX, alt=f"{one.title}: {one.prediction.label}")
                st.markdown(f"**{one.title}**", help=one.says)
                st.markdown(_answer(one))
                st.caption(_moved(one, found))


def _render_texts(found: ShiftedAnswers) -> None:
    for one in found.shifted:
        with st.container(border=True, gap="xsmall"):
            with st.container(horizontal=True, horizontal_alignment="distribute"):
                st.markdown(f"**{one.title}**", help=one.says, width="content")
                st.markdown(_answer(one), width="content")
            with st.container(horizontal=True, horizontal_alignment="distribute"):
                st.caption(escape_markdown(shorten(one.text, 300)), width="stretch")
                st.caption(_moved(one, found), width="content")


def _answer(one: Shifted) -> str:
    """What the model says now, in red where that is another class."""
    if one.is_same:
        return ":gray[nothing to change]"
    unlike = " :orange-badge[unlike its data]" if one.prediction.is_unlike else ""
    said = "I don't know" if one.prediction.rejected else _name(one.prediction.label)
    marked = f":red[:material/swap_horiz: **{said}**]" if one.is_flipped else said
    return f"{marked} {one.prediction.probability:.0%}{unlike}"


def _moved(one: Shifted, found: ShiftedAnswers) -> str:
    """How far the class that was answered before has come; empty where nothing was changed."""
    before = found.original.probability
    return "" if one.is_same else f"{_name(found.original.label)} {before:.0%} → {before + one.change:.0%}"


def _lesson(found: ShiftedAnswers) -> str:
    """One sentence: what holds, what breaks, and what to do about it."""
    label, flipped = _name(found.original.label), found.flipped
    if not flipped:
        weakest = found.weakest
        if weakest.change > -0.005:
            return (
                f"None of these moves the answer **{label}** or how sure it is: it does not hang on what they change."
            )
        return (
            f"All of these leave the answer at **{label}**; “{weakest.title}” costs it most, "
            f"{-weakest.change * 100:.0f} points of probability."
        )
    names = ", ".join(f"“{one.title}”" for one in flipped)
    return (
        f"{len(flipped)} of {len(found.shifted)} change the answer: {names}. A model is as steady as what it learned "
        "from: where such inputs will come, train with some of them."
    )


def _name(class_name: str) -> str:
    return escape_markdown(shorten(class_name, NAME_CHARS))


@st.cache_data(max_entries=60, show_spinner=False)
def _shifted(
    version: str,  # noqa: ARG001 - stands for the run as it is now
    asked: str | bytes | Path,
    strength: float,
    *,
    _workspace: Workspace,
    _run_id: str,
) -> ShiftedAnswers:
    if isinstance(asked, str):
        return shift_text(_workspace, _run_id, asked, strength)
    return shift_image(_workspace, _run_id, asked, strength)
