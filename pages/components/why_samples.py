"""Samples of a finished run, each with a way to ask why the model answered as it did."""

from __future__ import annotations

from collections.abc import Sequence

import streamlit as st

from core.workflows.review_run import ReviewedSample
from core.workflows.show_run import RunView
from core.workflows.workspace import Workspace
from pages.components.text import escape_markdown, shorten
from pages.components.why import Input, render_reasons

SOURCE_CHARS = 60


def render_ask(samples: Sequence[ReviewedSample], sample: ReviewedSample, *, key: str) -> None:
    """A button under a sample of a list.

    Args:
        samples: the list.
        sample: one of them.
        key: tells apart the lists of one page.
    """
    st.button(
        "Why?",
        key=f"{key}-why-{samples.index(sample)}",
        type="tertiary",
        icon=":material/psychology_alt:",
        help="What speaks for this answer",
        on_click=st.session_state.__setitem__,
        args=(_chosen_key(key), (sample.sample_id, sample.source)),
    )


def render_asked(workspace: Workspace, run: RunView, samples: Sequence[ReviewedSample], *, key: str) -> None:
    """One panel under a list for the sample that was asked about; nothing where none was.

    Args:
        workspace: where the run lies.
        run: a finished run.
        samples: what it said to them.
        key: as for `render_ask`.
    """
    wanted = st.session_state.get(_chosen_key(key))
    found = (one for one in samples if (one.sample_id, one.source) == wanted)
    if chosen := next(found, None):
        _render_chosen(workspace, run, chosen, key=_chosen_key(key))


def _chosen_key(key: str) -> str:
    return f"{key}-why"


def _render_chosen(workspace: Workspace, run: RunView, sample: ReviewedSample, *, key: str) -> None:
    is_image = sample.thumbnail is not None
    asked: Input = workspace.datasets.image_path(sample.sample_id) if is_image else sample.text
    with st.container(border=True, key=f"{key}-panel"):
        with st.container(horizontal=True, vertical_alignment="center", horizontal_alignment="distribute"):
            st.markdown(
                f"**Why {escape_markdown(shorten(sample.predicted_class, SOURCE_CHARS))}?** "
                f"{escape_markdown(shorten(sample.source, SOURCE_CHARS))}"
            )
            st.button(
                "Close",
                key=f"{key}-close",
                type="tertiary",
                icon=":material/close:",
                on_click=st.session_state.pop,
                args=(key, None),
            )
        render_reasons(workspace, run, asked, key=key, class_name=sample.predicted_class)
