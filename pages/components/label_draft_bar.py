"""The changes collected so far, at the foot of the page, with the two ways to be done with them."""

from __future__ import annotations

from collections.abc import Callable

import streamlit as st

from core.datasets.records import Dataset
from core.workflows.dataset_versions import make_version
from core.workflows.label_draft import LabelDraft, read_draft, throw_away
from core.workflows.workspace import Workspace
from pages.components import state
from pages.components.frame import page_frame
from pages.components.text import escape_markdown, shorten

SUMMARY_CHARS = 160


def render_label_draft(
    workspace: Workspace, dataset: Dataset, *, on_made: Callable[[str], None] = state.note_made
) -> None:
    """A bar that stays in view while there are changes.

    Args:
        workspace: where the draft lies.
        dataset: the version it is for.
        on_made: called with the id of the version that was made of it, before the page is drawn anew.
    """
    draft = read_draft(workspace, dataset)
    if draft.changes.is_empty:
        return
    with st.bottom, page_frame():
        with st.container(horizontal=True, vertical_alignment="center", key="label-draft"):
            summary = escape_markdown(shorten(draft.summary, SUMMARY_CHARS))
            st.markdown(f":material/edit_note: **Not yet in the data:** {summary}", help=_caution(draft) or None)
            is_made = st.button("Make the new version", key="make-version", type="primary", icon=":material/save:")
            with st.popover("Throw away", icon=":material/delete:"):
                st.markdown("All these changes are forgotten. The data stay as they are.")
                if st.button("Throw them away", key="throw-away", icon=":material/delete:"):
                    throw_away(workspace, dataset.id)
                    st.rerun()
        if is_made:
            on_made(make_version(workspace, dataset.id).id)
            st.rerun()


def _caution(draft: LabelDraft) -> str:
    """Corrections of held-out samples move the yardstick."""
    if not draft.n_held_out:
        return ""
    return (
        f"{draft.n_held_out:,} of these samples are in validation or test: scores before and after are then measured "
        "against different labels. Correcting only what a model got wrong flatters its next score; look at samples "
        "that it got right, too."
    )
