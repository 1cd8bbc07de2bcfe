"""A network that has no card yet: named as its publisher names it, left by a run, or made of a file of one's own."""

from __future__ import annotations

from dataclasses import replace

import streamlit as st

from core.backbones.records import BackboneInfo
from core.datasets.records import Modality
from core.errors import UserError
from core.plots.text import count_text
from core.workflows.own_networks import is_from_outside, require_network, resolve_name
from core.workflows.plan_run import RunChoices
from core.workflows.workspace import Workspace
from pages.components import draft
from pages.components.backbone_cards import weights_words
from pages.components.entrance import current_person
from pages.components.frame import render_error
from pages.components.from_run import render_from_run
from pages.components.own_weights import render_own_weights
from pages.components.text import escape_markdown

PANEL_KEY = "another-network"
NAME_KEY = "network-name"
LABELS = {"image": "Name in timm", "text": "Name on Hugging Face"}
EXAMPLES = {"image": "resnet26d", "text": "OWNER/NAME"}
WHICH = {
    "image": "Any network of timm whose parts run one after the other; its stages are compared with timm's own on this "
    "machine, which takes some seconds.",
    "text": "Any BERT, DistilBERT, RoBERTa, XLM-RoBERTa, ELECTRA, DeBERTa or GPT-2. Its description, a few KB, is "
    "fetched from huggingface.co where it is not on this machine; none of its code ever runs.",
}


def render_another_network(workspace: Workspace, dataset_id: str, modality: Modality, chosen: BackboneInfo) -> None:
    """The folded panel below the cards.

    Args:
        workspace: where own files of weights are kept.
        dataset_id: whose choices are changed.
        modality: what a network must take.
        chosen: the present choice.
    """
    # Drawn only when it is open: it reads what every run was trained with.
    with st.expander("Another network", icon=":material/add_circle:", key=PANEL_KEY, on_change="rerun") as panel:
        if not panel.open:
            return
        with st.container(width=760, gap="medium"):
            _render_name(dataset_id, modality, chosen)
            if current_person() is None:
                render_from_run(workspace, dataset_id, modality, chosen)
                render_own_weights(workspace, dataset_id, modality, chosen)
            else:  # weights belong to the machine: one person's would be everybody's
                st.caption("Files of weights are taken in by whoever runs this server: `python -m core add-weights`.")


def forget_lost_model(choices: RunChoices) -> RunChoices:
    """The choices without a network whose files are gone, and why: the page goes on with the suggested one."""
    if choices.model is None:
        return choices
    try:
        require_network(choices.model)
    except UserError as error:
        render_error(error)
        draft.choose_model(choices.dataset_id, None)
        return replace(choices, model=None, frozen_stages=None)
    return choices


def _render_name(dataset_id: str, modality: Modality, chosen: BackboneInfo) -> None:
    with st.container(gap="small"):
        st.markdown("**By its name**")
        st.caption(WHICH[modality])
        with st.form("network-by-name", border=False), st.container(horizontal=True, vertical_alignment="bottom"):
            name = st.text_input(LABELS[modality], placeholder=EXAMPLES[modality], key=NAME_KEY, max_chars=200)
            is_wanted = st.form_submit_button("Choose it", icon=":material/search:")
        if is_wanted:
            _choose(dataset_id, modality, name)
        elif is_from_outside(chosen.row.id):
            st.markdown(f":material/check_circle: {_in_words(chosen)}")


def _choose(dataset_id: str, modality: Modality, name: str) -> None:
    try:
        with st.spinner("Looking at the network"):
            info = resolve_name(name, modality)
    except UserError as error:
        render_error(error)
        return
    draft.choose_model(dataset_id, info.row.id)
    st.rerun()


def _in_words(info: BackboneInfo) -> str:
    where = (
        "the weights are downloaded when it is trained"
        if info.weights == "download"
        else f"weights: {weights_words(info).lower()}"
    )
    return (
        f"Chosen: **{escape_markdown(info.row.title)}**, {len(info.stages)} stages, "
        f"{count_text(info.n_parameters)} parameters, {info.row.download_mb} MB; {where}."
    )
