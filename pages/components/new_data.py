"""The way in for new data: a file, a folder or a sample, then a look at the columns, then the import."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from core.datasets.records import Dataset
from core.errors import UserError
from core.workflows.inspect_dataset import (
    ColumnChoice,
    GroupRule,
    UploadedFile,
    inspect_dataset,
    inspect_table,
    list_samples,
    open_sample,
)
from pages.components import state
from pages.components.camera_start import render_camera_start
from pages.components.column_choice import Columns, render_columns
from pages.components.frame import render_error
from pages.components.import_progress import ImportProgress
from pages.components.uploads import discard, render_uploader

DATA, TEST = "data", "test"
WAYS = {"file": "A file", "folder": "A folder", "camera": "The camera", "sample": "A sample"}
WAY_ICONS = {
    "file": ":material/draft:",
    "folder": ":material/folder:",
    "camera": ":material/photo_camera:",
    "sample": ":material/science:",
}


def render_new_data(*, can_cancel: bool) -> None:
    """Everything between "I have data" and a dataset; what was handed over stays until it is replaced.

    Args:
        can_cancel: whether there is something to go back to.
    """
    with st.container(width=760, gap="medium"):
        st.markdown(
            "Images as a zip or folder with one folder per class, or texts as a table with a column of labels. "
            "Anything that cannot be used is skipped and listed."
        )
        way = st.segmented_control(
            "Where is your data?",
            list(WAYS),
            format_func=lambda name: f"{WAY_ICONS[name]} {WAYS[name]}",
            default="file",
            required=True,
            key="data.way",
        )
        if way == "sample":
            _render_samples()
        elif way == "camera":
            render_camera_start()
        else:
            _render_upload(way or "file")
        if can_cancel:
            st.button("Back to my datasets", type="tertiary", icon=":material/arrow_back:", on_click=_leave)


def _render_samples() -> None:
    for sample, cell in zip(list_samples(), st.columns(2), strict=True):
        with cell.container(border=True, height="stretch"):
            st.markdown(f"**{sample.title}**")
            st.caption(sample.description)
            st.space("stretch")
            with st.container(horizontal=True, vertical_alignment="center"):
                is_wanted = st.button(f"Use {sample.title.lower()}", key=f"sample.{sample.id}")
                slot = st.empty()
            if is_wanted:
                _open(open_sample(state.workspace(), sample.id, on_progress=ImportProgress(slot).show))


def _render_upload(way: str) -> None:
    if way == "folder":
        files = render_uploader(
            DATA,
            "folder",
            "Choose a folder with one folder per class",
            help_text="A few hundred files are fine; a zip is faster for more.",
        )
    else:
        files = render_uploader(DATA, "file", "Zip of class folders, or a table: CSV, TSV, JSON Lines, Parquet, Excel")
    if not files:
        return
    try:
        columns = _render_columns(files)
    except UserError as error:
        render_error(error)
        return
    test = _render_test_set()
    name = st.text_input("Name", placeholder="As the file or folder", max_chars=120, key="data.name", width=420)
    with st.container(horizontal=True, vertical_alignment="center"):
        is_wanted = st.button("Import", type="primary", key="data.import")
        slot = st.empty()
    if is_wanted:
        try:
            _import(files, test, name.strip() or None, columns, slot)
        except UserError as error:
            slot.empty()
            render_error(error)


def _render_columns(files: Sequence[UploadedFile]) -> Columns:
    choice = _inspect(tuple((file.name, str(file.path)) for file in files))
    return render_columns(choice) if choice else Columns()


@st.cache_data(max_entries=8, show_spinner="Looking at the columns")
def _inspect(files: tuple[tuple[str, str], ...]) -> ColumnChoice | None:
    """Reading a large table takes a moment; the paths are never used twice, so they name the content."""
    return inspect_table([UploadedFile(name=name, path=Path(path)) for name, path in files])


def _render_test_set() -> tuple[UploadedFile, ...]:
    with st.expander("I have a separate test set", expanded=bool(state.uploads(TEST))):
        st.caption("It is only reported, never trained on. Without one, a part of the data is set aside.")
        return render_uploader(TEST, "file", "Test set, of the same kind as the data")


def _import(
    files: Sequence[UploadedFile],
    test: Sequence[UploadedFile],
    name: str | None,
    columns: Columns,
    slot: DeltaGenerator,
) -> None:
    progress = ImportProgress(slot)
    dataset = inspect_dataset(
        state.workspace(),
        files,
        name=name,
        test=test or None,
        text_column=columns.text,
        label_column=columns.label,
        group_rule=GroupRule(by="groups", column=columns.group) if columns.group else None,
        on_progress=progress.show,
    )
    discard(DATA)
    discard(TEST)
    _open(dataset)


def _open(dataset: Dataset) -> None:
    state.choose_dataset(dataset.id)
    state.set_adding(False)
    st.rerun()


def _leave() -> None:
    state.set_adding(False)
