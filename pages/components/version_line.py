"""Which version of a dataset is looked at, what it changed, and the way to its neighbours."""

from __future__ import annotations

import streamlit as st

from core.datasets.records import Dataset, DatasetCard
from core.workflows.dataset_versions import list_versions
from core.workflows.workspace import Workspace
from pages.components import state
from pages.components.text import escape_markdown, shorten

CHANGES_CHARS = 240


def render_version(workspace: Workspace, dataset: Dataset) -> None:
    """One line and its buttons; nothing where there is one version only."""
    family = list_versions(workspace, dataset.id)
    if len(family) < 2:
        return
    with st.container(horizontal=True, vertical_alignment="center", gap="small", key="version-line"):
        st.markdown(f":material/history: {_in_words(dataset, family)}", width="content")
        parent = next((card for card in family if card.id == dataset.parent), None)
        if parent is not None:
            st.button(
                f"Back to version {parent.version}",
                key="back-to-parent",
                icon=":material/undo:",
                help="Undoes these changes. This version stays in the list.",
                on_click=state.choose_dataset,
                args=(parent.id,),
            )
        for card in family:
            if card.parent == dataset.id:
                st.button(
                    f"On to version {card.version}",
                    key=f"on-to-{card.id}",
                    icon=":material/redo:",
                    help=escape_markdown(shorten(card.changes, CHANGES_CHARS)),
                    on_click=state.choose_dataset,
                    args=(card.id,),
                )


def _in_words(dataset: Dataset, family: tuple[DatasetCard, ...]) -> str:
    numbers = {card.id: card.version for card in family}
    changes = escape_markdown(shorten(dataset.changes, CHANGES_CHARS))
    if dataset.parent in numbers:
        return f"**Version {dataset.version}**, made from version {numbers[dataset.parent]}: {changes}."
    return f"**Version {dataset.version}**" + (f": {changes}." if changes else ", as it was brought.")
