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
    group: str | None = None


def render_columns(choice: ColumnChoice) -> Columns:
    """Two pickers, prefilled with the guess, a third that may stay empty, and the first rows below them."""
    text_place, label_place, group_place = st.columns(3)
    text = text_place.selectbox("Column with the texts", choice.columns, choice.columns.index(choice.text_column))
    label = label_place.selectbox("Column with the labels", choice.columns, choice.columns.index(choice.label_column))
    group = group_place.selectbox(
        "Keep together (optional)",
        [name for name in choice.columns if name not in (text, label, choice.split_column)],
        index=None,
        placeholder="Nothing",
        help="Rows with the same value of this column, such as one person's, go to one side of a split drawn here. On "
        "both sides they make the scores too good for new persons.",
    )
    if choice.split_column:
        st.caption("The table brings its own split into training, validation and test; it is kept.")
    preview = pd.DataFrame(list(choice.preview), columns=list(choice.columns))
    st.dataframe(preview, hide_index=True, alt="The first rows of the table.")
    return Columns(text=text, label=label, group=group)
