"""Two runs cell by cell and sample by sample: where one is right and the other wrong."""

from __future__ import annotations

import streamlit as st

from core.plots.confusion_difference import describe_confusion_difference, plot_confusion_difference
from core.workflows.compare_runs import PairTest, RunComparison
from core.workflows.workspace import Workspace
from pages.components.charts import render_chart
from pages.components.frame import page_frame
from pages.components.headline import SPLIT_TITLES
from pages.components.kept_comparisons import contested_of
from pages.components.sample_list import render_samples

PER_PAGE = 12


def render_pair(workspace: Workspace, comparison: RunComparison, test: PairTest) -> None:
    """The difference of the confusion matrices, then the samples that only one of both got right."""
    found = test.found
    if found is None:
        return
    class_names = comparison.runs[0].class_names
    st.subheader("Difference of the confusion matrices", icon=":material/grid_on:", anchor=False)
    render_chart(
        plot_confusion_difference(found.matrix, class_names),
        key=f"difference-{test.first}-{test.second}",
        alt=describe_confusion_difference(found.matrix, class_names),
        file_name="confusion-difference",
    )
    st.caption("B less A, in samples. Blue speaks for B: more hits or fewer mistakes; orange speaks for A.")
    st.subheader("Samples that only one gets right", icon=":material/difference:", anchor=False)
    _render_contested(workspace, comparison, test)


@st.fragment
def _render_contested(workspace: Workspace, comparison: RunComparison, test: PairTest) -> None:
    """Both lists side by side; turning a page redraws them alone."""
    with page_frame():
        lists = contested_of(workspace, comparison, test)
        where = SPLIT_TITLES[test.split].lower()
        for column, samples, right, wrong in zip(st.columns(2, gap="large"), lists, "AB", "BA", strict=True):
            with column:
                st.markdown(f"**Only {right} is right: {len(samples):,} {where} samples**")
                st.caption(f"The class, which {right} found, and what {wrong} took it for." if samples else "None.")
                render_samples(samples, key=f"only-{right}", per_page=PER_PAGE)
