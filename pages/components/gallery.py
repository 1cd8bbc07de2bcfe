"""Samples to look at: pictures in even rows, texts in a table."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import streamlit as st

from core.workflows.inspect_dataset import square_thumbnail
from core.workflows.workspace import Workspace
from pages.components import state
from pages.components.text import escape_markdown, shorten

THUMBNAIL_WIDTH_PX = 92
CAPTION_CHARS = 14


def render_images(sample_ids: Sequence[str], captions: Sequence[str], *, width_px: int = THUMBNAIL_WIDTH_PX) -> None:
    """Square thumbnails in rows that wrap.

    Args:
        sample_ids: images of the workspace.
        captions: a line for each, as people wrote it; cut where it is longer than its picture is wide.
        width_px: of every picture.
    """
    root = str(state.workspace().root)
    with st.container(horizontal=True, gap="small"):
        for sample_id, caption in zip(sample_ids, captions, strict=True):
            st.image(
                _square(root, sample_id),
                caption=escape_markdown(shorten(caption, CAPTION_CHARS)),
                width=width_px,
                alt=shorten(caption, 200),
            )


def render_texts(texts: Sequence[str], class_names: Sequence[str], *, height_px: int) -> None:
    """Texts with their labels in a table, which shows them exactly as they are."""
    st.dataframe(
        {"Label": class_names, "Text": texts},
        hide_index=True,
        height=height_px,
        column_config={"Label": st.column_config.TextColumn(width=130)},
        alt=f"{len(texts)} texts with their labels.",
    )


@st.cache_data(max_entries=2000, show_spinner=False)
def _square(root: str, sample_id: str) -> bytes:
    return square_thumbnail(Workspace(Path(root)), sample_id)
