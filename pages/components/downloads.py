"""A finished run as files; each is made when it is asked for."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

import plotly.graph_objects as go
import streamlit as st

from core.plots.confusion import plot_confusion_matrix
from core.plots.loss_curves import plot_loss, plot_macro_f1
from core.workflows.export_run import export_predictions, export_report, figure_html
from core.workflows.show_run import RunView
from core.workflows.workspace import Workspace
from pages.components.code_downloads import render_code_downloads
from pages.components.download_button import render_download
from pages.components.export_panel import render_exports
from pages.components.headline import SPLIT_TITLES
from pages.components.packed import render_pack_run
from pages.components.push_panel import render_push
from pages.components.report_form import render_report_buttons


def render_downloads(workspace: Workspace, run: RunView) -> None:
    """A report for others, predictions as CSV, the numbers as JSON, and every figure as a page of its own."""
    if run.has_data:
        render_report_buttons(workspace, run.id)
    st.markdown("**Single files**")
    with st.container(horizontal=True):
        _render_button("Predictions, CSV", f"predictions-{run.id}.csv", lambda: export_predictions(workspace, run.id))
        _render_button("Report, JSON", f"report-{run.id}.json", lambda: export_report(workspace, run.id))
        for name, title, draw in _figures(run):
            _render_button(f"{title}, HTML", f"{name}-{run.id}.html", partial(_as_page, draw, title))
    st.caption("The camera over each figure saves it as PNG.")
    if run.has_one_network:
        render_exports(workspace, run)
        if run.has_data:
            render_push(workspace, run)
    if run.combination is None:
        render_code_downloads(workspace, run)
    render_pack_run(workspace, run)


def _render_button(label: str, file_name: str, make: Callable[[], bytes]) -> None:
    render_download(label, file_name, make, key=f"download-{file_name}")


def _as_page(draw: Callable[[], go.Figure], title: str) -> bytes:
    return figure_html(draw(), title=title)


def _figures(run: RunView) -> list[tuple[str, str, Callable[[], go.Figure]]]:
    """Name of the file, title, and what draws it."""
    if run.report is None:
        return []
    figures: list[tuple[str, str, Callable[[], go.Figure]]] = []
    if run.events:
        figures.append(("loss", "Loss", partial(plot_loss, run.events)))
        figures.append(("macro-f1", "Macro-F1", partial(plot_macro_f1, run.events)))
    for part in run.report.splits:
        draw = partial(plot_confusion_matrix, part.confusion_matrix, run.class_names, normalise=False)
        figures.append((f"confusion-{part.split}", f"Confusion matrix, {SPLIT_TITLES[part.split].lower()}", draw))
    return figures
