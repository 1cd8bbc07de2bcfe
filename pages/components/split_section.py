"""How the samples are split, class by class, and the way to draw the split anew."""

from __future__ import annotations

import pandas as pd
import streamlit as st

from core.datasets.records import SPLIT_NAMES, Dataset
from core.errors import UserError
from core.plots.class_bars import SPLIT_TITLES
from core.settings import DEFAULT_SEED
from core.workflows.check_data import GroupRule, Shares, redraw_split
from core.workflows.workspace import Workspace
from pages.components import state
from pages.components.frame import render_error
from pages.components.text import escape_markdown

OPEN_KEY = "split-open"
TABLE_HEIGHT_PX = 320
MAX_ROWS_OPEN = 8
ORIGINS = {
    "given": "The split came with the data.",
    "drawn": "The split was drawn here, class by class; copies and near copies that were known stay on one side.",
    "mixed": "A part of the split came with the data, the rest was drawn here.",
}
KEEPS = {
    "nothing": "Copies and near copies",
    "neighbours": "Files with consecutive numbers, too",
    "names": "Files whose names begin alike, too",
    "groups": "Rows of one group, too",
}


def render_split_section(workspace: Workspace, dataset: Dataset) -> None:
    """A folded section: a table of class by split, then how, what shares and which seed for another one."""
    with st.expander("Split", icon=":material/call_split:", key=OPEN_KEY, on_change="rerun") as folder:
        if folder.open:
            st.caption(escape_markdown(split_words(dataset)))
            _render_table(dataset)
            _render_form(workspace, dataset)


def split_words(dataset: Dataset) -> str:
    """Where the split is from, and what it keeps together."""
    kept = f" It keeps together: {dataset.kept_together}." if dataset.kept_together else ""
    return ORIGINS[dataset.split_origin] + kept


def _render_table(dataset: Dataset) -> None:
    counts = {SPLIT_TITLES[split]: list(dataset.class_counts(split).values()) for split in SPLIT_NAMES}
    table = pd.DataFrame({"Class": list(dataset.class_names), **counts})
    st.dataframe(
        table,
        hide_index=True,
        column_config={"Class": st.column_config.TextColumn(width=130)},
        height=TABLE_HEIGHT_PX if len(table) > MAX_ROWS_OPEN else "content",
        alt="Samples of each class in training, validation and test.",
    )


def _render_form(workspace: Workspace, dataset: Dataset) -> None:
    with st.form("redraw-split", border=False):
        by = st.radio(
            "Keep on one side",
            _ways(dataset),
            format_func=KEEPS.__getitem__,
            help="Pictures taken one after the other often show the same person or scene. On both sides of a split "
            "they make the scores too good for new persons and scenes.",
        )
        with st.grid(3, min_column_width=130):
            val = st.number_input("Validation, %", 1, 80, 15)
            test = st.number_input("Test, %", 0, 80, 15 if len(dataset.rows("test")) else 0)
            seed = st.number_input("Seed", 0, 2**31 - 1, DEFAULT_SEED)
        is_wanted = st.form_submit_button(
            "Draw the split anew", icon=":material/shuffle:", help="Makes a new version of the dataset; this one stays."
        )
    if is_wanted:
        _redraw(workspace, dataset, by, val / 100, test / 100, int(seed))


def _ways(dataset: Dataset) -> list[str]:
    """What can be kept together: rows of a table have no file names, and only some data have groups."""
    files = [] if dataset.columns else ["neighbours", "names"]
    return ["nothing", *files, *(["groups"] if dataset.groups else [])]


def _redraw(workspace: Workspace, dataset: Dataset, by: str, val: float, test: float, seed: int) -> None:
    rule = next(GroupRule(by=kind) for kind in ("nothing", "neighbours", "names", "groups") if kind == by)
    try:
        with st.spinner("Drawing the split"):
            shares = Shares(val=val, test=test)
            made = redraw_split(workspace, dataset.id, rule=rule, shares=shares, seed=seed)
    except UserError as error:
        render_error(error)
        return
    state.choose_dataset(made.id)
    st.rerun()
