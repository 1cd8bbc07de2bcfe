"""A button that hands a file over, made when it is pressed; the page does not run anew."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import PurePosixPath
from typing import Literal

import streamlit as st

MIMES = {
    ".csv": "text/csv",
    ".html": "text/html",
    ".ipynb": "application/x-ipynb+json",
    ".json": "application/json",
    ".jsonl": "application/jsonl",
    ".md": "text/markdown",
    ".parquet": "application/vnd.apache.parquet",
    ".py": "text/x-python",
    ".zip": "application/zip",
}


def render_download(
    label: str,
    file_name: str,
    make: Callable[[], bytes],
    *,
    key: str,
    icon: str = ":material/download:",
    kind: Literal["primary", "secondary"] = "secondary",
    help_text: str | None = None,
) -> None:
    """The button; `make` is called by the press, and the ending of the name tells the browser what it gets."""
    st.download_button(
        label,
        make,
        file_name=file_name,
        mime=MIMES[PurePosixPath(file_name).suffix],
        key=key,
        type=kind,
        icon=icon,
        help=help_text,
        on_click="ignore",
    )
