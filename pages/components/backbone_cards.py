"""The backbones to choose from, a card each."""

from __future__ import annotations

from collections.abc import Sequence

import streamlit as st

from core.backbones.records import BackboneInfo
from core.datasets.records import Modality
from core.plots.text import count_text
from core.workflows.list_models import count_models, list_models
from pages.components import draft
from pages.components.text import escape_markdown

CARD_PX = 195
AWAY_KEY = "backbones-away"


def render_backbone_cards(dataset_id: str, modality: Modality, chosen: BackboneInfo) -> None:
    """One card per backbone; pressing a title chooses it. Those that need a download are folded away.

    Args:
        dataset_id: whose choices are changed.
        modality: which backbones are shown.
        chosen: the present choice, which need not be in the catalogue: a person may have named any network.
    """
    here = list_models(modality, place="here")
    if chosen.row.id not in {info.row.id for info in here}:
        here = (chosen, *here)
    _render_grid(dataset_id, here, chosen)
    n_away = count_models(modality, place="away")
    if not n_away:
        return
    label = f"{n_away} more, each downloaded once when it is trained"
    # Drawn only when it is open: some dozens of cards would slow down every press on the page.
    with st.expander(label, icon=":material/download:", key=AWAY_KEY, on_change="rerun") as folder:
        if folder.open:
            away = [info for info in list_models(modality, place="away") if info.row.id != chosen.row.id]
            _render_grid(dataset_id, away, chosen)


def weights_words(info: BackboneInfo) -> str:
    """Where the weights are, in the words of the card."""
    if info.weights == "bundled":
        return "Bundled"
    if info.weights == "cached":
        return "On this machine"
    return "Download of the tokenizer" if info.row.base else f"Download, {info.row.download_mb} MB"


def _render_grid(dataset_id: str, models: Sequence[BackboneInfo], chosen: BackboneInfo) -> None:
    with st.grid(4 if len(models) == 4 else 3, min_column_width=CARD_PX):
        for info in models:
            _render_card(dataset_id, info, is_chosen=info.row.id == chosen.row.id)


def _render_card(dataset_id: str, info: BackboneInfo, *, is_chosen: bool) -> None:
    row = info.row
    with st.container(border=True, height="stretch", gap="xsmall", key=f"card-{row.id}"):
        st.button(
            f"**{escape_markdown(row.title)}**" if is_chosen else escape_markdown(row.title),
            key=f"choose-{row.id}",
            icon=":material/radio_button_checked:" if is_chosen else ":material/radio_button_unchecked:",
            type="tertiary",
            help="Chosen" if is_chosen else "Choose this backbone",
            on_click=draft.choose_model,
            args=(dataset_id, row.id),
        )
        _render_weights(info)
        st.caption(
            f"{len(info.stages)} stages · {count_text(info.n_parameters)} parameters · {row.download_mb} MB · "
            f"{escape_markdown(row.licence.split(' (')[0])}",
            help=f"Licence of the weights: {escape_markdown(row.licence)}",
        )
        st.caption(escape_markdown(row.advice))


def _render_weights(info: BackboneInfo) -> None:
    if info.weights == "download":
        st.badge(weights_words(info), icon=":material/download:", color="gray")
    else:
        st.badge(weights_words(info), icon=":material/check:", color="green")
