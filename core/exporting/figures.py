"""A figure as one HTML file that works without a network."""

from __future__ import annotations

import html

import plotly.graph_objects as go
import plotly.io as pio

COLOURS = ("#2F5AA8", "#E0702B", "#2A9D8F", "#8E5EA2", "#C99A2E", "#64748B")
"""The first chart colours of the app's light theme."""

# Plotly's own default has a button that uploads the chart to its maker; whoever opens the file should not meet it.
CONFIG = {
    "displaylogo": False,
    "responsive": True,
    "showSendToCloud": False,
    "toImageButtonOptions": {"format": "png", "scale": 2},
}

PAGE = """<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{title}</title>
<style>
body {{ margin: 2rem auto; max-width: 60rem; padding: 0 1rem; font-family: system-ui, sans-serif; color: #0f172a }}
h1 {{ font-size: 1.25rem }}
</style>
</head>
<body>
<h1>{title}</h1>
{figure}
</body>
</html>
"""


def figure_html(figure: go.Figure, *, title: str) -> bytes:
    """A page that holds the figure and all of plotly.js; its camera button saves the figure as PNG.

    Args:
        figure: any figure of `core.plots`; it is not changed.
        title: heading of the page, plain text.
    """
    standalone = go.Figure(figure).update_layout(template=_template(), font_family="system-ui, sans-serif")
    markup = standalone.to_html(include_plotlyjs=True, full_html=False, div_id="figure", config=CONFIG)
    return PAGE.format(title=html.escape(title), figure=markup).encode()


def _template() -> go.layout.Template:
    """Colours for a white page; inside the app a figure carries placeholders that only the app fills in."""
    template = go.layout.Template(pio.templates["plotly_white"])
    template.layout.colorway = COLOURS
    template.data.heatmap = [go.Heatmap(colorscale="Blues")]
    return template
