"""Which labels are probably wrong? Asked by a button; accepted or kept sample by sample or all at once."""

from __future__ import annotations

import streamlit as st

from core.datasets.records import Dataset
from core.jobs.study import Study
from core.workflows.label_draft import relabel_each
from core.workflows.review_run import ReviewedSample
from core.workflows.stored_suspects import (
    Suspect,
    SuspectList,
    confirm_labels,
    load_suspects,
    open_suspects,
)
from core.workflows.workspace import Workspace
from pages.components.label_tools import Decision, render_correctable
from pages.components.study_panel import render_study
from pages.components.text import escape_markdown
from pages.components.time_words import age_words, duration_words

OPEN_KEY = "suspects-open"
PER_PAGE = 12


def render_suspects_panel(workspace: Workspace, dataset: Dataset) -> None:
    """A folded panel.

    Args:
        workspace: where lists and drafts lie.
        dataset: the version whose labels are judged.
    """
    with st.expander("Which labels look wrong?", icon=":material/rule:", key=OPEN_KEY, on_change="rerun") as folder:
        if folder.open:
            _render(workspace, dataset)


def _render(workspace: Workspace, dataset: Dataset) -> None:
    st.caption(
        "Fits heads to the frozen features of all samples, of every split, and asks each head only about samples that "
        "it did not see; copies are held out together. Listed are the labels that these heads find hardest to believe. "
        "They may still be right: you decide."
    )
    found = load_suspects(workspace, dataset.id)
    study = Study(kind="suspects", dataset_id=dataset.id)
    render_study(workspace, study, label="Look again" if found else "Look for wrong labels")
    if found is not None:
        _render_found(workspace, dataset, found)


def _render_found(workspace: Workspace, dataset: Dataset, found: SuspectList) -> None:
    left = open_suspects(workspace, found)
    n_kept = len(found.suspects) - len(left)
    kept = f", {n_kept:,} of them kept by you" if n_kept else ""
    st.caption(
        f"{len(found.suspects):,} of {found.n_asked:,} labels look wrong{kept}. By the features of "
        f"{escape_markdown(found.title)}; it took {duration_words(found.seconds)}, {age_words(found.created_at)}."
    )
    if not left:
        return
    by_id = {one.sample_id: one for one in left}
    texts = dict(zip(dataset.sample_ids, dataset.texts, strict=False))
    render_correctable(
        workspace,
        dataset,
        [_reviewed(workspace, dataset, one, texts.get(one.sample_id, "")) for one in left],
        key="suspects",
        per_page=PER_PAGE,
        decisions=(
            Decision(
                label="Accept the proposals",
                name="accept",
                icon=":material/done_all:",
                act=lambda ids: relabel_each(workspace, dataset.id, {key: by_id[key].proposed for key in ids}),
            ),
            Decision(
                label="Keep these labels",
                name="keep",
                icon=":material/verified:",
                act=lambda ids: confirm_labels(workspace, [by_id[key] for key in ids]),
            ),
        ),
    )


def _reviewed(workspace: Workspace, dataset: Dataset, one: Suspect, text: str) -> ReviewedSample:
    """A suspect as any other sample: its label, and what the heads that did not see it take it for."""
    return ReviewedSample(
        sample_id=one.sample_id,
        source=one.source,
        text=text,
        thumbnail=workspace.datasets.thumbnail_path(one.sample_id) if dataset.modality == "image" else None,
        true_class=one.given,
        predicted_class=one.proposed,
        probability=one.p_proposed,
        is_hard=one.sample_id in dataset.hard,
        label_probability=one.p_given,
    )
