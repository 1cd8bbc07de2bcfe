"""Which dataset a page works on: the current one, or the newest."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence

import streamlit as st

from core.datasets.records import DatasetCard
from pages.components import state

KEY = "train.dataset"


def render_dataset_choice(cards: Sequence[DatasetCard]) -> DatasetCard | None:
    """A box with all datasets, set to the one of the address or the newest; None where there is no dataset."""
    if not cards:
        return None
    by_id = {card.id: card for card in cards}
    wanted = state.current_dataset()
    if wanted is not None and wanted not in by_id:
        st.warning("The dataset in the address is not here. The newest one is shown.", icon=":material/search_off:")
    st.session_state[KEY] = wanted if wanted in by_id else cards[0].id
    titles = tell_apart({card.id: _title(card) for card in cards})
    chosen = st.selectbox("Dataset", tuple(by_id), key=KEY, format_func=titles.__getitem__, on_change=_follow)
    return by_id[chosen]


def tell_apart(titles: Mapping[str, str], *, mark: slice = slice(6)) -> dict[str, str]:
    """The titles by id; those that read alike, such as two imports of one file, with that part of the id behind them.

    The browser gives back the text of a choice, so two that read alike would be one.
    """
    counts = Counter(titles.values())
    return {key: f"{title} · {key[mark]}" if counts[title] > 1 else title for key, title in titles.items()}


def _title(card: DatasetCard) -> str:
    return f"{card.name} · {card.n_samples:,} {card.modality}s in {card.n_classes} classes"


def _follow() -> None:
    state.choose_dataset(st.session_state[KEY])
