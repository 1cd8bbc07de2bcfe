"""Below a dataset's summary: versions, more samples, suspects, classes, downloads, deletion, and the draft."""

from __future__ import annotations

from collections.abc import Sequence

import streamlit as st

from core.datasets.records import Dataset, DatasetCard
from core.workflows.dataset_versions import ChangedSample, VersionDifference, compare_versions, list_versions
from core.workflows.label_draft import delete_class, read_draft, rename_class
from core.workflows.workspace import Workspace
from pages.components import state
from pages.components.add_samples import render_add_samples
from pages.components.dataset_downloads import render_dataset_downloads
from pages.components.delete_dataset import render_delete_dataset
from pages.components.frame import page_frame
from pages.components.gallery import render_images, render_texts
from pages.components.label_draft_bar import render_label_draft
from pages.components.suspects_panel import render_suspects_panel
from pages.components.text import escape_markdown, shorten

IMAGES_SHOWN, TEXTS_SHOWN = 48, 500
TEXTS_PX = 260
NAME_CHARS = 40


def render_label_work(workspace: Workspace, dataset: Dataset) -> None:
    """Folded panels, and the bar at the foot of the page."""
    others = [card for card in list_versions(workspace, dataset.id) if card.id != dataset.id]
    if others:
        with st.expander(
            "What changed between versions?", icon=":material/difference:", key="versions-open", on_change="rerun"
        ) as folder:
            if folder.open:
                _render_versions(workspace, dataset, others)
    render_add_samples(workspace, dataset)
    render_suspects_panel(workspace, dataset)
    with st.expander("Rename, merge or delete classes", icon=":material/category:"):
        _render_classes(workspace, dataset)
    render_dataset_downloads(workspace, dataset)
    render_delete_dataset(workspace, dataset)
    render_label_draft(workspace, dataset, on_made=state.choose_dataset)


def _render_versions(workspace: Workspace, dataset: Dataset, others: Sequence[DatasetCard]) -> None:
    by_id = {card.id: card for card in others}
    ids = list(by_id)
    other = st.selectbox(
        "Compare with",
        ids,
        index=ids.index(dataset.parent) if dataset.parent in by_id else 0,
        format_func=lambda dataset_id: shorten(by_id[dataset_id].name, 60),
        width=420,
    )
    if by_id[other].version < dataset.version:
        first, second, names = other, dataset.id, (by_id[other].version, dataset.version)
    else:
        first, second, names = dataset.id, other, (dataset.version, by_id[other].version)
    st.caption(f"From version {names[0]} to version {names[1]}:")
    render_difference(compare_versions(workspace, first, second), is_image=dataset.modality == "image")


def render_difference(difference: VersionDifference, *, is_image: bool) -> None:
    """What became of classes in words, and of samples one by one."""
    if difference.is_empty:
        st.caption("Nothing is different.")
    for words, pairs in (("renamed to", difference.renamed), ("merged into", difference.merged)):
        for name, new_name in pairs:
            st.markdown(f"**{_name(name)}** {words} **{_name(new_name)}**")
    for name in difference.deleted:
        st.markdown(f"**{_name(name)}** deleted")
    _render_samples("relabelled", difference.relabelled, is_image)
    _render_samples("left out", difference.excluded, is_image)
    _render_samples("added", difference.added, is_image)
    for words, marked in (("marked as hard", difference.marked), ("no longer marked as hard", difference.unmarked)):
        if marked:
            st.markdown(f"**{len(marked):,} {words}**")


def _render_samples(words: str, samples: Sequence[ChangedSample], is_image: bool) -> None:
    if not samples:
        return
    n_shown = IMAGES_SHOWN if is_image else TEXTS_SHOWN
    more = f", the first {n_shown} of them" if len(samples) > n_shown else ""
    st.markdown(f"**{len(samples):,} {words}**{more}")
    shown = samples[:n_shown]
    names = [" → ".join(filter(None, (sample.before, sample.after))) for sample in shown]
    if is_image:
        render_images([sample.sample_id for sample in shown], names)
    else:
        render_texts([sample.text for sample in shown], names, height_px=TEXTS_PX)


@st.fragment
def _render_classes(workspace: Workspace, dataset: Dataset) -> None:
    with page_frame(), st.container(horizontal=True, vertical_alignment="bottom"):
        class_name = st.selectbox("Class", dataset.class_names, key=f"class.{dataset.id}", width=240)
        new_name = st.selectbox(
            "New name, or the class to merge it into",
            [name for name in dataset.class_names if name != class_name],
            index=None,
            key=f"class-to.{dataset.id}",
            placeholder="Type a name, or choose a class",
            accept_new_options=True,
            width=280,
        )
        is_merging = new_name in dataset.class_names
        if st.button(
            "Merge" if is_merging else "Rename",
            key="rename-class",
            icon=":material/merge:" if is_merging else ":material/edit:",
            disabled=not new_name,
        ):
            rename_class(workspace, dataset.id, class_name, new_name or "")
            st.rerun()
        if st.button("Delete with its samples", key="delete-class", icon=":material/delete:"):
            delete_class(workspace, dataset.id, class_name)
            st.rerun()
        changes = read_draft(workspace, dataset).changes
        is_changed = class_name in changes.renamed or class_name in changes.deleted
        if is_changed and st.button("Leave as is", key="leave-class", icon=":material/undo:"):
            rename_class(workspace, dataset.id, class_name, class_name)
            st.rerun()


def _name(class_name: str) -> str:
    return escape_markdown(shorten(class_name, NAME_CHARS))
