"""Which column of a table holds the texts and which the labels: the guess, to be changed, beside the first rows."""

from __future__ import annotations

from dataclasses import dataclass

import pandas as pd
import streamlit as st

from core.workflows.inspect_dataset import ColumnChoice


@dataclass(frozen=True, kw_only=True, slots=True)
class Columns:
    """What was chosen; None where there is nothing to choose."""

    text: str | None = None
    label: str | None = None


def render_columns(choice: ColumnChoice) -> Columns:
    """Two pickers, prefilled with the guess, and the first rows below them."""
    text_place, label_place = st.columns(2)
    text = text_place.selectbox("Column with the texts", choice.columns, choice.columns.index(choice.text_column))
    label = label_place.selectbox("Column with the labels", choice.columns, choice.columns.index(choice.label_column))
    if choice.split_column:
        st.caption("The table brings its own split into training, validation and test; it is kept.")
    preview = pd.DataFrame(list(choice.preview), columns=list(choice.columns))
    st.dataframe(preview, hide_index=True, alt="The first rows of the table.")
    return Columns(text=text, label=label)
