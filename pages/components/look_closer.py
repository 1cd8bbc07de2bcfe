"""Panels that look deeper into a finished run, each folded until somebody asks."""

from __future__ import annotations

import streamlit as st

from core.workflows.inspect_dataset import load_dataset
from core.workflows.show_run import RunView
from core.workflows.workspace import Workspace
from pages.components.drift_panel import render_drift_panel
from pages.components.folds_panel import render_folds_panel
from pages.components.learning_curve_panel import render_learning_curve_panel
from pages.components.map_panel import render_map_panel
from pages.components.suspects_panel import render_suspects_panel
from pages.components.text import escape_markdown


def render_look_closer(workspace: Workspace, run: RunView) -> None:
    """One line for each panel, then why others are not there; none without samples."""
    if not run.has_data:
        return
    st.subheader("Look closer", icon=":material/zoom_in:", anchor=False)
    not_there = []
    if run.has_one_network:
        not_there.append(render_folds_panel(workspace, run))
        not_there.append(render_learning_curve_panel(workspace, run))
        render_map_panel(workspace, run)
        not_there.append(render_drift_panel(workspace, run))
    render_suspects_panel(workspace, load_dataset(workspace, run.spec.dataset_id))
    for why in filter(None, not_there):
        st.caption(f":material/info: {escape_markdown(why)}")
