"""The report for others: two sentences a person may add, and the buttons that make it."""

from __future__ import annotations

from functools import partial

import streamlit as st

from core.exporting.records import MAX_PURPOSE_CHARS, RunPurpose
from core.workflows.report_run import export_card, export_page, load_purpose, save_purpose
from core.workflows.workspace import Workspace
from pages.components.download_button import render_download
from pages.components.frame import page_frame


def render_report_buttons(workspace: Workspace, run_id: str) -> None:
    """One page for people and a model card for machines, beside what the person has to say in them."""
    with st.container(key="report-for-others", gap="small"):
        st.markdown("**A report for others**")
        buttons = st.container(horizontal=True)
        st.caption("Numbers with intervals and simpler ways, curves, matrix, classes, examples, limits and settings.")
        with_examples = _render_choices(workspace, run_id)
        with buttons:
            render_download(
                "Report, one page",
                f"report-{run_id}.html",
                partial(export_page, workspace, run_id, with_examples=with_examples),
                key="download-report-page",
                kind="primary",
                icon=":material/description:",
                help_text="Opens anywhere without a network, and prints to PDF.",
            )
            render_download(
                "Model card, Markdown",
                f"model-card-{run_id}.md",
                partial(export_card, workspace, run_id),
                key="download-model-card",
                icon=":material/badge:",
                help_text="In the form of the Hugging Face Hub; it shows no samples.",
            )


def _render_choices(workspace: Workspace, run_id: str) -> bool:
    """Whether samples are shown; what is typed is kept with the run, in whatever browser it is opened next."""
    with st.expander("What it shall say", icon=":material/edit_note:", key="report-purpose"), page_frame():
        said = load_purpose(workspace, run_id)
        with st.form(f"purpose-{run_id}", border=False):
            question = st.text_area(
                "Question",
                said.question,
                max_chars=MAX_PURPOSE_CHARS,
                height=68,
                placeholder="What the model shall answer",
                key=f"purpose-question-{run_id}",
            )
            intended_use = st.text_area(
                "Intended use",
                said.intended_use,
                max_chars=MAX_PURPOSE_CHARS,
                height=68,
                placeholder="Who shall use it, for what, and for what not",
                key=f"purpose-use-{run_id}",
            )
            if st.form_submit_button("Keep", icon=":material/save:"):
                said = RunPurpose(question=question.strip(), intended_use=intended_use.strip())
                save_purpose(workspace, run_id, said)
                st.toast("Kept with the run.")
        return st.checkbox(
            "Show ten right and ten wrong samples",
            True,
            key="report-examples",
            help="Leave them out where the data must not be shown to others.",
        )
    return True
