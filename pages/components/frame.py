"""The frame around every page: the way in, the border at which errors stop, and where the data lie."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import streamlit as st
from streamlit.runtime.scriptrunner import get_script_run_ctx

from core.errors import UserError, lack_of
from core.jobs.training_jobs import training_queue
from core.workflows.sweep_workspace import sweep_workspace
from pages.components import state
from pages.components.entrance import current_person, render_person
from pages.components.text import escape_markdown

_logger = logging.getLogger("headstart.pages")


def require_frame(file: str) -> None:
    """First line of every page: goes through `dashboard.py` where the page was opened without it, then comes back.

    On a server that has just started, Streamlit runs a file of `pages/` that is asked for directly alone, without
    the frame, because nothing has told it of the navigation yet.

    Args:
        file: the page's `__file__`.
    """
    if not st.session_state.get(state.FRAME):
        st.session_state[state.RETURN_TO] = (f"pages/{Path(file).name}", st.query_params.to_dict())
        st.switch_page("dashboard.py")


def enter_frame() -> None:
    """In `dashboard.py` after the navigation: marks the frame as entered, goes back to the page first asked for."""
    _forget_others()
    if not st.session_state.get(state.FRAME):
        sweep_workspace(state.workspace())
        st.session_state[state.FRAME] = True
    training_queue(state.workspace().root)  # its first call marks what a dead process left behind as interrupted
    if wanted := st.session_state.pop(state.RETURN_TO, None):
        page, query_params = wanted
        st.switch_page(page, query_params=query_params)


def _forget_others() -> None:
    """What a session holds of somebody else, who signed in with this browser before, is nothing for the present one."""
    person = current_person()
    if (present := person.id if person else "") != st.session_state.get(state.PERSON, present):
        st.session_state.clear()
    st.session_state[state.PERSON] = present


@contextmanager
def page_frame() -> Iterator[None]:
    """Shows what goes wrong inside calmly: a person's error with its remedy, a fault of ours as one sentence.

    Wraps every page as a whole; the body of a fragment needs its own, because a fragment runs alone later.
    """
    try:
        current_person()  # a visit may have ended since the page was drawn that a fragment belongs to
        yield
    except UserError as error:
        render_error(error)
    except Exception as error:  # the outermost border of a page
        if lack := lack_of(error):
            render_error(lack)
            return
        _logger.exception("A page failed")
        st.error(
            "Reload the page. If it happens again, the server's log tells what went wrong.",
            title="Something went wrong here, and it is not your fault",
            icon=":material/error:",
        )


def run_page_again() -> None:
    """For a fragment on a timer that finds its page out of date: ends it and runs the whole page.

    Does nothing while the whole page is being run, because what was pressed further down would be lost, which that run
    has not come to yet; the timer asks again soon.
    """
    context = get_script_run_ctx()
    if context is not None and context.fragment_ids_this_run:
        st.rerun()


def render_error(error: UserError) -> None:
    """What was wrong and what to do, as plain words."""
    st.error(
        f"{escape_markdown(error.problem)}\n\n**What to do:** {escape_markdown(error.remedy)}", icon=":material/error:"
    )


def render_privacy() -> None:
    """The lines in the sidebar that say who is here and where the data lie."""
    with st.sidebar:
        render_person()
        where = "on this machine" if current_person() is None else "on this server"
        st.caption(f":material/lock: Everything stays {where}, in {escape_markdown(str(state.workspace().root))}")
