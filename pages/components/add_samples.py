"""Further samples for a dataset that is there: files, the camera or pasted lines; each time a new version."""

from __future__ import annotations

from collections.abc import Callable

import streamlit as st

from core.datasets.records import Dataset
from core.errors import UserError
from core.workflows.add_samples import add_files, add_lines
from core.workflows.camera_frames import add_frames
from core.workflows.workspace import Workspace
from pages.components import state
from pages.components.camera_shots import render_shots
from pages.components.frame import page_frame, render_error
from pages.components.uploads import discard, render_uploader

SLOT = "add"
WAYS = {
    "image": {"files": ":material/draft: Files", "camera": ":material/photo_camera: Camera"},
    "text": {"lines": ":material/notes: Pasted lines", "table": ":material/table: A table"},
}
DEALT = {
    "drawn": "Samples that are there stay where they are. New ones are dealt out to training, validation and test by "
    "the shares of this dataset; copies, and what belongs together, go to one side.",
    "mixed": "Samples that are there stay where they are. New ones are dealt out to training and validation; the test "
    "set that the data brought along stays as it is.",
    "given": "Samples that are there stay where they are. New ones are for training, because the data brought their "
    "own split along.",
}


def render_add_samples(workspace: Workspace, dataset: Dataset) -> None:
    """A folded panel; the files of the import's way in are not needed again."""
    with st.expander("Add samples", icon=":material/add_photo_alternate:", key="add-open", on_change="rerun") as folder:
        if folder.open:
            _render(workspace, dataset)


@st.fragment
def _render(workspace: Workspace, dataset: Dataset) -> None:
    with page_frame():
        ways = WAYS[dataset.modality]
        way = st.segmented_control(
            "Add from",
            list(ways),
            format_func=ways.__getitem__,
            default=next(iter(ways)),
            required=True,
            key=f"add-way-{dataset.modality}",
        )
        st.caption(f"{DEALT[dataset.split_origin]} It becomes a new version.")
        {"files": _files, "camera": _camera, "lines": _lines, "table": _table}[way or next(iter(ways))](
            workspace, dataset
        )


def _files(workspace: Workspace, dataset: Dataset) -> None:
    files = render_uploader(SLOT, "file", "Images, or a zip of them")
    class_name = _render_class(dataset, "As their folders say")
    if _render_button(bool(files)):
        _add(lambda: add_files(workspace, dataset.id, files, class_name=class_name))


def _camera(workspace: Workspace, dataset: Dataset) -> None:
    names = st.multiselect(
        "Classes",
        dataset.class_names,
        default=dataset.class_names[:4],
        key=f"add-classes-{dataset.id}",
        accept_new_options=True,
        help="Choose classes, or type the name of a new one.",
    )
    taken = render_shots(f"{SLOT}-{dataset.id}", names) if names else ()
    if _render_button(bool(taken)):
        _add(lambda: add_frames(workspace, dataset.id, taken))


def _lines(workspace: Workspace, dataset: Dataset) -> None:
    lines = st.text_area("Texts, one in each line", key=f"add-lines-{dataset.id}", height=160)
    class_name = _render_class(dataset, "Choose a class, or type a new one")
    if _render_button(bool(lines.strip() and class_name)):
        _add(lambda: add_lines(workspace, dataset.id, lines, class_name=class_name or ""))


def _table(workspace: Workspace, dataset: Dataset) -> None:
    columns = " and ".join(f'"{name}"' for name in dataset.columns)
    label = f"A table with the columns {columns}" if columns else "A table with texts and labels"
    files = render_uploader(SLOT, "file", label)
    if _render_button(bool(files)):
        _add(lambda: add_files(workspace, dataset.id, files))


def _render_class(dataset: Dataset, placeholder: str) -> str | None:
    return st.selectbox(
        "Class",
        dataset.class_names,
        index=None,
        key=f"add-class-{dataset.id}",
        placeholder=placeholder,
        accept_new_options=True,
        width=320,
    )


def _render_button(is_possible: bool) -> bool:
    return st.button("Add", key="add-samples", type="primary", icon=":material/add:", disabled=not is_possible)


def _add(make: Callable[[], Dataset]) -> None:
    try:
        with st.spinner("Reading", show_time=True):
            made = make()
    except UserError as error:
        render_error(error)
        return
    discard(SLOT)
    state.set_frames(f"{SLOT}-{made.parent}", ())
    state.choose_dataset(made.id)
    st.toast(f"Version {made.version}: {made.changes}.")
    st.rerun()
