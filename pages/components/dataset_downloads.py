"""One version of a dataset as files to take along."""

from __future__ import annotations

from functools import partial

import streamlit as st

from core.datasets.records import Dataset
from core.workflows.export_dataset import ENDINGS, dataset_bytes, export_size_bytes
from core.workflows.workspace import Workspace
from pages.components.download_button import render_download
from pages.components.uploads import size_text

MAX_DOWNLOAD_BYTES = 1024**3
"""The server holds a download in memory."""

TITLES = {
    "text": {".csv": "CSV", ".jsonl": "JSON Lines", ".zip": "Zip for Hugging Face"},
    "image": {".zip": "Zip of class folders"},
}


def render_dataset_downloads(workspace: Workspace, dataset: Dataset) -> None:
    """A folded panel with a button for each form."""
    with st.expander(
        "Take these data along", icon=":material/download:", key="dataset-downloads-open", on_change="rerun"
    ) as folder:
        if folder.open:
            _render(workspace, dataset)


def _render(workspace: Workspace, dataset: Dataset) -> None:
    size = export_size_bytes(workspace, dataset)
    st.caption(f"{dataset.n_samples:,} {dataset.modality}s with labels and splits, about {size_text(size)}.")
    if dataset.modality == "image":
        st.caption(
            "The folders are split and class; Hugging Face's imagefolder reads them as they are, with class names and "
            "groups from the tables beside the images."
        )
    if size > MAX_DOWNLOAD_BYTES:
        st.markdown("Too large for a browser. On the command line:")
        st.code(f"python -m core export-data {dataset.id} data{ENDINGS[dataset.modality][0]}", language="sh")
        return
    with st.container(horizontal=True):
        for ending in ENDINGS[dataset.modality]:
            title, make = TITLES[dataset.modality][ending], partial(dataset_bytes, workspace, dataset.id, ending)
            render_download(title, f"dataset-{dataset.id}{ending}", make, key=f"download-data{ending}")
