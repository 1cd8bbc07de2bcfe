"""What was noticed about a dataset: the samples to look at, the button that mends it, and the look at every sample."""

from __future__ import annotations

import streamlit as st

from core.datasets.records import Dataset, Finding, Remedy
from core.errors import UserError
from core.jobs.study import Study
from core.workflows.check_data import apply_remedy
from core.workflows.stored_checks import DataCheck, load_check
from core.workflows.workspace import Workspace
from pages.components import state
from pages.components.frame import render_error
from pages.components.gallery import render_images, render_texts
from pages.components.study_panel import render_study
from pages.components.text import escape_markdown
from pages.components.time_words import age_words, duration_words

SAMPLES_SHOWN = 48
TEXTS_HEIGHT_PX = 300
SEVERITIES = {
    "error": ("Fix first", ":material/error:", "red"),
    "warning": ("Careful", ":material/warning:", "orange"),
    "info": ("Good to know", ":material/info:", "blue"),
}
BUTTONS: dict[Remedy, str] = {
    "drop-copies": "Leave out the copies",
    "drop-near-copies": "Leave out near copies",
    "drop-plain": "Leave out these images",
    "merge-names": "Merge these classes",
    "redraw-split": "Draw the split anew",
}


def render_findings(workspace: Workspace, dataset: Dataset) -> None:
    """All findings, errors first, and the way to look at every sample."""
    check = load_check(workspace, dataset.id)
    findings = sorted(
        (*dataset.findings, *(check.findings if check else ())), key=lambda one: list(SEVERITIES).index(one.severity)
    )
    with st.container(border=True, gap="small", key="findings"):
        st.markdown("**What was noticed**")
        for finding in findings:
            _render_finding(workspace, dataset, finding)
        if not findings:
            st.caption("Nothing odd so far.")
        st.caption(_about(check))
        render_study(
            workspace,
            Study(kind="data-check", dataset_id=dataset.id),
            label="Look again" if check else "Look at every sample",
        )


def _render_finding(workspace: Workspace, dataset: Dataset, finding: Finding) -> None:
    label, icon, color = SEVERITIES[finding.severity]
    st.markdown(f":{color}-badge[{icon} {label}] {escape_markdown(finding.message)}")
    if finding.remedy:
        _render_button(workspace, dataset, finding)
    if finding.rows:
        _render_samples(dataset, finding)


def _render_button(workspace: Workspace, dataset: Dataset, finding: Finding) -> None:
    is_wanted = st.button(
        BUTTONS[finding.remedy],
        key=f"mend-{finding.code}",
        icon=":material/build:",
        help="Makes a new version of the dataset; this one stays.",
    )
    if not is_wanted:
        return
    try:
        made = apply_remedy(workspace, dataset.id, finding)
    except UserError as error:
        render_error(error)
        return
    state.choose_dataset(made.id)
    st.rerun()


def _render_samples(dataset: Dataset, finding: Finding) -> None:
    with st.expander("Look at them", key=f"finding-{finding.code}-{dataset.id}", on_change="rerun") as folder:
        if not folder.open:
            return
        rows = finding.rows[:SAMPLES_SHOWN]
        names = [f"{dataset.class_names[int(dataset.labels[row])]} ({dataset.splits[row]})" for row in rows]
        if dataset.modality == "image":
            render_images([dataset.sample_ids[row] for row in rows], names)
        else:
            render_texts([dataset.texts[row] for row in rows], names, height_px=TEXTS_HEIGHT_PX)
        if len(finding.rows) > len(rows):
            st.caption(f"The first {len(rows)} are shown; those that belong together stand side by side.")


def _about(check: DataCheck | None) -> str:
    if check is None:
        return (
            "At the import the table was checked. Looking at every sample finds near copies, odd images, texts that "
            "are cut and texts that give their class away."
        )
    return f"Every sample was looked at {age_words(check.created_at)}; it took {duration_words(check.seconds)}."
