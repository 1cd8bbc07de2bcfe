"""What all figures share: a fixed height, tight margins, the legend on top; colours and fonts stay the theme's."""

from __future__ import annotations

import plotly.graph_objects as go


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
