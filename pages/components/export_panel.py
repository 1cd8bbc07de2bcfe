"""The model of a run to take along: a format is chosen, made behind the page, checked, and then offered."""

from __future__ import annotations

import streamlit as st

from core.jobs.study import Study
from core.workflows.show_run import RunView
from core.workflows.stored_exports import Offer, check_words, list_offers, read_export
from core.workflows.workspace import Workspace
from pages.components.download_button import render_download
from pages.components.study_panel import render_study
from pages.components.text import escape_markdown


def render_exports(workspace: Workspace, run: RunView) -> None:
    """The formats this model can leave in, and why it cannot in the others; of deleted data only what was made."""
    offers = [offer for offer in list_offers(workspace, run) if run.has_data or offer.check]
    if not offers:
        return
    st.markdown("**The model itself**")
    fitting = {offer.kind.id: offer for offer in offers if not offer.why_not}
    chosen = st.selectbox(
        "Format",
        list(fitting),
        format_func=lambda format_id: _title(fitting[format_id]),
        key="export-format",
        help="Each is asked about validation samples, as others will ask it, before it is offered.",
    )
    _render_offer(workspace, run, fitting[chosen])
    refused = [offer for offer in offers if offer.why_not]
    if refused:
        reasons = " ".join(f"Not as {offer.kind.title}: {offer.why_not}" for offer in refused)
        st.caption(escape_markdown(reasons))


def _render_offer(workspace: Workspace, run: RunView, offer: Offer) -> None:
    kind, check = offer.kind, offer.check
    st.caption(escape_markdown(f"{kind.what} With it go a README and the model card."))
    with st.container(horizontal=True, vertical_alignment="center"):
        if check is not None:
            render_download(
                f"{kind.title}, {check.megabytes:.0f} MB",
                f"model-{run.id}-{kind.id}.zip",
                lambda: read_export(workspace, run.id, kind.id),
                key=f"download-{kind.id}",
            )
        if run.has_data:
            study = Study(kind="export", run_id=run.id, variant=kind.id)
            render_study(workspace, study, label="Make it again" if check else "Make it", slot=kind.id)
    if check is not None:
        st.caption(escape_markdown(check_words(kind, check)))


def _title(offer: Offer) -> str:
    return f"{offer.kind.title} (made)" if offer.check else offer.kind.title
