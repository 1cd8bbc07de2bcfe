"""Why a model answers what it answers: a panel for one input, asked only when it is opened."""

from __future__ import annotations

import hashlib
from pathlib import Path

import streamlit as st

from core.workflows.show_run import RunView
from core.workflows.workspace import Workspace
from pages.components.frame import page_frame
from pages.components.kept import run_version
from pages.components.text import shorten
from pages.components.why_answer import render_explanation, render_nearest
from pages.components.why_kept import explained, method_titles, nearest_samples

NEAREST = "nearest-samples"
NAME_CHARS = 48

Input = str | bytes | Path
"""A text, the bytes of an image, or the file of one."""


def render_why(workspace: Workspace, run: RunView, asked: Input, *, key: str, class_name: str) -> None:
    """A folded panel beside an answer; nothing where no single network gave it.

    Args:
        workspace: where the run lies.
        run: a finished run.
        asked: what was classified.
        key: tells apart the panels of one page.
        class_name: what the model answered.
    """
    if not run.has_one_network:
        return

    # A fragment: opening it asks nothing else of the page, so that an answer to a form just sent stays.
    @st.fragment
    def panel() -> None:
        with (
            page_frame(),
            st.expander("Why?", icon=":material/psychology_alt:", key=f"{key}-open", on_change="rerun") as folder,
        ):
            if folder.open:
                render_reasons(workspace, run, asked, key=key, class_name=class_name)

    panel()


def render_reasons(workspace: Workspace, run: RunView, asked: Input, *, key: str, class_name: str) -> None:
    """What to ask by and for which class, and the reasons; arguments as `render_why`."""
    titles = method_titles(run.modality or "image") | ({NEAREST: "Nearest samples"} if run.has_data else {})
    method = st.pills(
        "Ask by",
        list(titles),
        key=f"{key}-method",
        default=next(iter(titles)),
        required=True,
        format_func=titles.__getitem__,
    )
    chosen = class_name if method == NEAREST else _choose_class(run, asked, key, class_name)
    version = run_version(workspace, run)
    with st.spinner("Asking the model", show_time=True):
        if method == NEAREST:
            found = nearest_samples(version, asked, _workspace=workspace, _run_id=run.id)
            render_nearest(found, class_name)
            return
        answer = explained(version, asked, method, chosen, _workspace=workspace, _run_id=run.id)
    render_explanation(answer)


def _choose_class(run: RunView, asked: Input, key: str, class_name: str) -> str:
    """The class to explain; another input begins with its own answer again."""
    names = run.class_names
    chosen = st.selectbox(
        "Class to explain",
        range(len(names)),
        index=names.index(class_name),
        key=f"{key}-class-{_digest(asked)}",
        format_func=lambda label: shorten(names[label], NAME_CHARS),
        width=260,
    )
    return names[chosen]


def _digest(asked: Input) -> str:
    content = asked if isinstance(asked, bytes) else str(asked).encode("utf-8", "replace")
    return hashlib.sha256(content).hexdigest()[:12]
