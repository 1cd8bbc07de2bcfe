"""Figures as the pages show them: one button, which saves a PNG, and a height that does not change."""

from __future__ import annotations

from typing import Any

import plotly.graph_objects as go
import streamlit as st

from core.plots.layout import CHART_CONFIG

BORDER_PX = 16
"""What Streamlit adds around a chart in a container of fixed height."""


def render_chart(figure: go.Figure, *, key: str, alt: str, file_name: str = "chart") -> None:
    """Draw a figure in a box of its own height, so that nothing below moves while it is redrawn."""
    with st.container(key=f"{key}-box", height=int(figure.layout.height) + BORDER_PX, border=False):
        st.plotly_chart(figure, key=key, alt=alt, config=chart_config(file_name))


def chart_config(file_name: str, *, has_camera: bool = True) -> dict[str, Any]:
    """Plotly's settings: a camera button that saves a PNG at twice the size on the screen, and no other."""
    image = {**CHART_CONFIG["toImageButtonOptions"], "filename": file_name}
    return {**CHART_CONFIG, "displayModeBar": "hover" if has_camera else False, "toImageButtonOptions": image}
