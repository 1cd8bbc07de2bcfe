"""The backbones to choose from, a card each."""

from __future__ import annotations

from collections.abc import Sequence

import streamlit as st

from core.backbones.records import BackboneInfo
from core.plots.text import count_text
from pages.components import draft
from pages.components.text import escape_markdown

CARD_PX = 195


def render_backbone_cards(dataset_id: str, models: Sequence[BackboneInfo], chosen: str) -> None:
    """One card per backbone; pressing a title chooses it.

    Args:
        dataset_id: whose choices are changed.
        models: the measured rows.
        chosen: id of the present choice.
    """
    with st.grid(4 if len(models) == 4 else 3, min_column_width=CARD_PX):
        for info in models:
            _render_card(dataset_id, info, is_chosen=info.row.id == chosen)


def weights_words(info: BackboneInfo) -> str:
    """Where the weights are, in the words of the card."""
    if info.weights == "bundled":
        return "Bundled"
    return "On this machine" if info.weights == "cached" else f"Download, {info.row.download_mb} MB"


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
            f"{count_text(info.n_parameters)} parameters · {row.download_mb} MB · "
            f"{escape_markdown(row.licence.split(' (')[0])}",
            help=f"Licence of the weights: {escape_markdown(row.licence)}",
        )
        st.caption(escape_markdown(row.advice))


def _render_weights(info: BackboneInfo) -> None:
    if info.weights == "download":
        st.badge(weights_words(info), icon=":material/download:", color="gray")
    else:
        st.badge(weights_words(info), icon=":material/check:", color="green")
