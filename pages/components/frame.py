"""The frame around every page: the way in, the border at which errors stop, and where the data lie."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import streamlit as st

from core.errors import UserError
from core.jobs.training_jobs import training_queue
from core.workflows.inspect_dataset import discard_stale_uploads
from pages.components import state
from pages.components.text import escape_markdown

_logger = logging.getLogger("headstart.pages")


def require_frame(file: str) -> None:
    """First line of every page: goes through `app.py` where the page was opened without it, then comes back.

    On a server that has just started, Streamlit runs a file of `pages/` that is asked for directly alone, without
    the frame, because nothing has told it of the navigation yet.

    Args:
        file: the page's `__file__`.
    """
    if not st.session_state.get(state.FRAME):
        st.session_state[state.RETURN_TO] = (f"pages/{Path(file).name}", st.query_params.to_dict())
        st.switch_page("app.py")


def enter_frame() -> None:
    """In `app.py` after the navigation is set: marks the frame as entered and goes back to the page first asked for."""
    if not st.session_state.get(state.FRAME):
        discard_stale_uploads(state.workspace())
        st.session_state[state.FRAME] = True
    training_queue(state.workspace().root)  # its first call marks what a dead process left behind as interrupted
    if wanted := st.session_state.pop(state.RETURN_TO, None):
        page, query_params = wanted
        st.switch_page(page, query_params=query_params)


@contextmanager
def page_frame() -> Iterator[None]:
    """Shows what goes wrong inside calmly: a person's error with its remedy, a fault of ours as one sentence.

    Wraps every page as a whole; the body of a fragment needs its own, because a fragment runs alone later.
    """
    try:
        yield
    except UserError as error:
        render_error(error)
    except Exception:  # the outermost border of a page
        _logger.exception("A page failed")
        st.error(
            "Reload the page. If it happens again, the server's log tells what went wrong.",
            title="Something went wrong here, and it is not your fault",
            icon=":material/error:",
        )


def render_error(error: UserError) -> None:
    """What was wrong and what to do, as plain words."""
    st.error(
        f"{escape_markdown(error.problem)}\n\n**What to do:** {escape_markdown(error.remedy)}", icon=":material/error:"
    )


def render_privacy() -> None:
    """The line in the sidebar that says where the data lie."""
    with st.sidebar:
        st.caption(
            f":material/lock: Everything stays on this machine, in {escape_markdown(str(state.workspace().root))}"
        )
