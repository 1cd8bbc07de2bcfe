"""Samples to look at: pictures in one go, texts in a table."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import streamlit as st

from pages.components.text import escape_markdown, shorten

THUMBNAIL_WIDTH_PX = 96
CAPTION_CHARS = 18


def render_images(paths: Sequence[Path], captions: Sequence[str], *, width_px: int = THUMBNAIL_WIDTH_PX) -> None:
    """Thumbnails in rows; one element for all of them, because every element costs time on every rerun.

    Args:
        paths: small pictures that were made at import.
        captions: a line for each, as people wrote it.
        width_px: of every picture.
    """
    st.image(
        [str(path) for path in paths],
        caption=[escape_markdown(shorten(caption, CAPTION_CHARS)) for caption in captions],
        width=width_px,
        alt=[shorten(caption, 200) for caption in captions],
    )


def render_texts(columns: dict[str, Sequence[str | float]], *, alt: str, height_px: int | None = None) -> None:
    """Texts in a table, which shows them as they are; wide columns first.

    Args:
        columns: values by heading, all of one length.
        alt: what the table holds, for those who cannot see it.
        height_px: of the table; as high as its rows where None.
    """
    st.dataframe(columns, hide_index=True, height=height_px or "auto", alt=alt)
