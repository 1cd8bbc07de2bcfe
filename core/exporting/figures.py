"""A figure as one HTML file that works without a network."""

from __future__ import annotations

import html

import plotly.graph_objects as go

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
    # Inside the app a figure carries the app's template, whose colours are placeholders only the app fills in.
    standalone = go.Figure(figure).update_layout(template="plotly_white", font_family="system-ui, sans-serif")
    markup = standalone.to_html(
        include_plotlyjs=True,
        full_html=False,
        div_id="figure",
        config={"displaylogo": False, "responsive": True, "toImageButtonOptions": {"format": "png", "scale": 2}},
    )
    return PAGE.format(title=html.escape(title), figure=markup).encode()
