"""The link to a page of a run alone, for those who are to see what it does."""

from __future__ import annotations

from urllib.parse import quote, urlsplit, urlunsplit

import streamlit as st

from core.access.policy import LOOPBACK_NAMES
from pages.components import state
from pages.components.entrance import current_person

DEMO = "pages/demo.py"


def render_show_to_others(run_id: str) -> None:
    """A button that unfolds the link."""
    with st.popover("Show to others", icon=":material/share:", help="A page with this model and nothing else"):
        st.markdown(
            "A page with this model and nothing else: what it does, an input, the answer, how often it is right."
        )
        address = demo_address(st.context.url or "", run_id)
        st.code(address, language=None, wrap_lines=True)
        if current_person() is not None:
            st.caption("It opens for you: everybody here has a workspace of their own. Others see it on your screen.")
        elif urlsplit(address).hostname in LOOPBACK_NAMES:
            st.caption("This server answers this machine only, so others see it on your screen.")
        st.page_link(DEMO, label="Open it", icon=":material/open_in_new:", query_params={state.RUN_PARAM: run_id})


def demo_address(url: str, run_id: str) -> str:
    """The address of the demo of a run, beside the page at `url`."""
    parts = urlsplit(url)
    path = f"{parts.path.rpartition('/')[0]}/demo"
    return urlunsplit((parts.scheme, parts.netloc, path, f"{state.RUN_PARAM}={quote(run_id)}", ""))
