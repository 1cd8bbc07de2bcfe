"""A dataset in one glance: how much of what, what it looks like, what was noticed and what was left out."""

from __future__ import annotations

from collections import Counter
from itertools import zip_longest

import numpy as np
import pandas as pd
import streamlit as st

from core.datasets.records import SPLIT_NAMES, Dataset
from core.plots.class_bars import SPLIT_TITLES, describe_class_counts, plot_class_counts
from pages.components import state
from pages.components.findings_panel import render_findings
from pages.components.gallery import render_images, render_texts
from pages.components.split_section import render_split_section, split_words
from pages.components.text import escape_markdown

SAMPLES_SHOWN = 24
SKIPPED_SHOWN = 1000
CHART_HEIGHT_PX = 470
ALL_CLASSES, ONLY_HARD = -1, -2


def render_summary(dataset: Dataset) -> None:
    """The whole summary, then the way on."""
    st.space("xsmall")
    _render_numbers(dataset)
    render_findings(state.workspace(), dataset)
    render_split_section(state.workspace(), dataset)
    chart, samples = st.columns([5, 6], gap="large")
    with chart:
        _render_counts(dataset)
    with samples:
        _render_samples(dataset)
    if dataset.skipped:
        _render_skipped(dataset)


def _render_numbers(dataset: Dataset) -> None:
    sizes = dataset.split_sizes()
    with st.grid(5, min_column_width=130, gap="small"):
        st.metric("Images" if dataset.modality == "image" else "Texts", f"{dataset.n_samples:,}", border=True)
        st.metric("Classes", f"{dataset.n_classes:,}", border=True)
        for split in SPLIT_NAMES:
            st.metric(SPLIT_TITLES[split], f"{sizes[split]:,}", border=True)
    with st.container(horizontal=True, horizontal_alignment="distribute", vertical_alignment="center"):
        st.caption(escape_markdown(split_words(dataset)), width="content")
        if st.button("Choose a model", type="primary", icon=":material/arrow_forward:", icon_position="right"):
            st.switch_page("pages/train.py", query_params={state.DATASET_PARAM: dataset.id})


def _render_counts(dataset: Dataset) -> None:
    st.subheader("Samples per class", anchor=False)
    counts = {split: dataset.class_counts(split) for split in SPLIT_NAMES}
    figure = plot_class_counts(counts)
    # Many classes make a tall figure; it scrolls in its frame, and the page keeps its shape.
    is_tall = figure.layout.height > CHART_HEIGHT_PX
    with st.container(height=CHART_HEIGHT_PX if is_tall else "content", border=False):
        st.plotly_chart(figure, config={"displayModeBar": False}, alt=describe_class_counts(counts))


def _render_samples(dataset: Dataset) -> None:
    with st.container(horizontal=True, horizontal_alignment="distribute", vertical_alignment="center"):
        st.subheader("A look inside", anchor=False, width="content")
        label = st.selectbox(
            "Class",
            [ALL_CLASSES, *([ONLY_HARD] if dataset.hard else []), *range(dataset.n_classes)],
            format_func=lambda label: _filter_words(dataset, label),
            label_visibility="collapsed",
            key=f"look.{dataset.id}",
            width=220,
        )
    rows = sample_rows(dataset, label, SAMPLES_SHOWN)
    names = [dataset.class_names[dataset.labels[row]] for row in rows]
    if dataset.modality == "image":
        render_images([dataset.sample_ids[row] for row in rows], names)
    else:
        render_texts([dataset.texts[row] for row in rows], names, height_px=CHART_HEIGHT_PX)


def _filter_words(dataset: Dataset, label: int) -> str:
    words = {ALL_CLASSES: "All classes", ONLY_HARD: "Marked as hard"}
    return words[label] if label in words else dataset.class_names[label]


def sample_rows(dataset: Dataset, label: int, n: int) -> list[int]:
    """Rows to look at: of one class, or of all classes in turn; the same ones on every look.

    Args:
        dataset: the data.
        label: an integer class, ALL_CLASSES or ONLY_HARD.
        n: how many at most.
    """
    rng = np.random.default_rng(0)
    if label == ONLY_HARD:
        hard = set(dataset.hard)
        found = np.array([row for row, sample_id in enumerate(dataset.sample_ids) if sample_id in hard])
        return rng.permutation(found)[:n].tolist()
    if label != ALL_CLASSES:
        return rng.permutation(np.flatnonzero(dataset.labels == label))[:n].tolist()
    order = np.argsort(dataset.labels, kind="stable")
    ends = np.cumsum(np.bincount(dataset.labels, minlength=dataset.n_classes))
    of_each = [rng.permutation(rows)[:n].tolist() for rows in np.split(order, ends[:-1])]
    return [row for turn in zip_longest(*of_each) for row in turn if row is not None][:n]


def _render_skipped(dataset: Dataset) -> None:
    n = len(dataset.skipped)
    title = f"{n:,} {'file or row was' if n == 1 else 'files or rows were'} left out"
    with st.expander(title, icon=":material/filter_alt_off:"):
        reasons = Counter(item.reason for item in dataset.skipped).most_common(3)
        st.caption("; ".join(f"{count:,} because {escape_markdown(reason)}" for reason, count in reasons))
        shown = dataset.skipped[:SKIPPED_SHOWN]
        table = pd.DataFrame({"File": [item.file for item in shown], "Why": [item.reason for item in shown]})
        st.dataframe(table, hide_index=True, alt="What was left out and why.")
        if n > SKIPPED_SHOWN:
            st.caption(f"The first {SKIPPED_SHOWN:,} are listed.")
