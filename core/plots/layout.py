"""What all figures share: a fixed height, tight margins, the legend on top; colours and fonts stay the theme's."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import plotly.graph_objects as go

BAND = "rgba(138, 148, 166, 0.25)"
"""The palette's neutral grey, seen through."""

CHART_CONFIG: dict[str, Any] = {
    "modeBarButtons": [["toImage"]],
    "toImageButtonOptions": {"format": "png", "scale": 2},
    "displaylogo": False,
    "showSendToCloud": False,
    "plotlyServerURL": "",
}
"""What every chart on a page is drawn with: one button, which saves a PNG.

Plotly's own default has a button that uploads the chart to its maker; here nothing leaves the machine.
"""

LIVE_CHART_CONFIG: dict[str, Any] = {**CHART_CONFIG, "displayModeBar": False}
"""The same without the button, for charts that are redrawn while a run trains."""


def style_figure(figure: go.Figure, *, height_px: int) -> go.Figure:
    """The figure, laid out like all others; a fixed height keeps the page still while it is redrawn."""
    figure.update_layout(
        height=height_px,
        margin={"l": 8, "r": 8, "t": 36, "b": 8},
        legend={"orientation": "h", "x": 0, "xanchor": "left", "y": 1, "yref": "container", "yanchor": "top"},
        hoverlabel={"align": "left"},
    )
    figure.update_xaxes(automargin=True)
    figure.update_yaxes(automargin=True)
    return figure


def add_band(
    figure: go.Figure, x: Sequence[float], lows: Sequence[float], highs: Sequence[float], *, name: str
) -> None:
    """Fill what lies between two curves, as intervals around a third one are shown.

    Args:
        figure: gets two more curves without lines.
        x: where on the axis, ascending.
        lows: the lower curve.
        highs: the upper one.
        name: in the legend.
    """
    figure.add_scatter(x=x, y=lows, mode="lines", line_width=0, hoverinfo="skip", showlegend=False)
    figure.add_scatter(
        x=x, y=highs, mode="lines", line_width=0, fill="tonexty", fillcolor=BAND, name=name, hoverinfo="skip"
    )
