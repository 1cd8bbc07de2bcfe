"""What a page says while there is nothing on it: what it is for, and a button that does what comes next."""

from __future__ import annotations

import streamlit as st

from core.workflows.inspect_dataset import list_datasets
from core.workflows.workspace import Workspace


def render_empty_state(title: str, text: str, *, button: str, page: str, icon: str, primary: bool = True) -> None:
    """A calm card in the middle of the page.

    Args:
        title: what is missing, in words of ours.
        text: what to do about it, in words of ours.
        button: what the button says.
        page: the page it opens, such as "pages/data.py".
        icon: a Material symbol, such as ":material/dataset:".
        primary: whether this is the main thing to do here.
    """
    with st.container(border=True, horizontal_alignment="center", gap="small"):
        st.space("small")
        st.subheader(title, icon=icon, text_alignment="center", anchor=False)
        st.markdown(text, text_alignment="center", width=520)
        if st.button(button, key=f"empty.{page}", type="primary" if primary else "secondary"):
            st.switch_page(page)
        st.space("small")


def render_no_run(workspace: Workspace, title: str, text: str, *, icon: str) -> None:
    """The card where runs are missing; it leads past the Train page where that has nothing to train on yet."""
    has_data = bool(list_datasets(workspace))
    button, page = ("Start a training", "pages/train.py") if has_data else ("Try a sample", "pages/home.py")
    render_empty_state(title, text, button=button, page=page, icon=icon)
