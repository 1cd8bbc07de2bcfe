"""Data: bring labeled images or texts, and see in one glance what came of it."""

import streamlit as st

from core.datasets.records import Dataset, DatasetCard
from core.errors import DatasetError, UnknownChoiceError
from core.workflows.inspect_dataset import list_datasets, load_dataset
from pages.components import state
from pages.components.dataset_choice import tell_apart
from pages.components.dataset_summary import render_summary
from pages.components.frame import render_error, require_frame
from pages.components.label_work import render_label_work
from pages.components.new_data import render_new_data
from pages.components.text import shorten
from pages.components.version_line import render_version


def render_page() -> None:
    """The whole page."""
    cards = list_datasets(state.workspace())
    st.title("Data", anchor=False)
    if state.is_adding() or not cards:
        render_new_data(can_cancel=bool(cards))
        return
    dataset = open_current(cards)
    render_choice(cards, dataset)
    if dataset is not None:
        render_version(state.workspace(), dataset)
        render_summary(dataset)
        render_label_work(state.workspace(), dataset)


def open_current(cards: tuple[DatasetCard, ...]) -> Dataset | None:
    """The dataset of the address or the session, else the newest; None where the address names none that exists."""
    wanted = state.current_dataset()
    try:
        dataset = load_dataset(state.workspace(), wanted or cards[0].id)
    except UnknownChoiceError:
        render_error(
            DatasetError(
                f'There is no dataset "{shorten(wanted or "", 40)}" in this workspace.',
                "Choose one below, or bring new data.",
            )
        )
        state.forget_dataset()
        return None
    state.choose_dataset(dataset.id)
    return dataset


def render_choice(cards: tuple[DatasetCard, ...], dataset: Dataset | None) -> None:
    """Which dataset is looked at, and the way to bring another."""
    texts = tell_apart({card.id: card_text(card) for card in cards})
    ids = list(texts)
    with st.container(horizontal=True, vertical_alignment="bottom"):
        chosen = st.selectbox(
            "Dataset",
            ids,
            index=ids.index(dataset.id) if dataset else None,
            format_func=texts.__getitem__,
            placeholder="Choose a dataset",
            width=420,
        )
        st.button("Bring new data", icon=":material/add:", on_click=state.set_adding, args=(True,))
    if chosen is not None and (dataset is None or chosen != dataset.id):
        state.choose_dataset(chosen)
        st.rerun()


def card_text(card: DatasetCard) -> str:
    """A dataset in a list."""
    return f"{shorten(card.name, 60)} · {card.n_samples:,} {card.modality}s in {card.n_classes} classes"


require_frame(__file__)
render_page()
