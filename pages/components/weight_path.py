"""Between the fitted head and the fine-tuned weights: every mixture that was tried, and the one that was kept."""

from __future__ import annotations

import streamlit as st

from core.plots.weight_path import describe_weight_path, plot_weight_path
from core.training.events import StoredEvent
from pages.components.charts import render_chart


def render_weight_path(events: tuple[StoredEvent, ...]) -> None:
    """The curve with a sentence on what it is."""
    st.markdown("**Between the fitted head and the fine-tuned weights**")
    st.caption(
        "After fine-tuning, mixtures of the weights it began and ended with are validated too. The middle is often "
        "better than both ends. Of those not clearly worse than the best, the one in the middle is kept."
    )
    render_chart(plot_weight_path(events), key="weight-path", alt=describe_weight_path(events), file_name="weight-path")
