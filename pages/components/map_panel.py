"""The map of a finished run: its samples as points, near each other where the network takes them for alike."""

from __future__ import annotations

from typing import cast

import plotly.graph_objects as go
import streamlit as st

from core.evaluation.records import FeatureMap, MapMethod, Plane
from core.jobs.studies import read_study, start_study
from core.jobs.study import Study
from core.plots.feature_map import (
    MAP_CONFIG,
    MAX_COLOURED,
    MAX_STANDING_OUT,
    ColourBy,
    describe_feature_map,
    most_mistaken,
    plot_feature_map,
)
from core.workflows.map_samples import load_map, map_in_words, mapped_samples, mapped_texts
from core.workflows.show_run import RunView
from core.workflows.workspace import Workspace
from pages.components.charts import BORDER_PX
from pages.components.frame import page_frame
from pages.components.kept import run_version
from pages.components.sample_list import render_samples
from pages.components.study_panel import render_study
from pages.components.text import shorten

OPEN_KEY = "map-open"
CHOSEN_KEY = "map-chosen"
METHODS: dict[MapMethod, str] = {"pca": "Main directions", "tsne": "Neighbours (t-SNE)"}
COLOURS: dict[ColourBy, str] = {
    "class": "Class",
    "prediction": "Prediction",
    "split": "Split",
    "correctness": "Right or wrong",
}
TITLES = {"before": "Before the training", "after": "After the training", "frozen": "Frozen features"}
MAX_CHOSEN, CHOSEN_PER_PAGE = 48, 6
NAME_CHARS = 32


def render_map_panel(workspace: Workspace, run: RunView) -> None:
    """A folded panel; opened, it lays the samples out at once, and by t-SNE when asked to."""
    with st.expander(
        "Where do the samples lie?", icon=":material/scatter_plot:", key=OPEN_KEY, on_change="rerun"
    ) as folder:
        if folder.open:
            _render(workspace, run)


def _render(workspace: Workspace, run: RunView) -> None:
    st.caption(map_in_words(run))
    method = st.segmented_control(
        "Laid out by", list(METHODS), key="map-method", default="pca", required=True, format_func=METHODS.__getitem__
    )
    found = load_map(workspace, run.id, method)
    study = Study(kind="map", run_id=run.id, variant=method)
    if found is None and method == "pca" and read_study(workspace.root, study) is None:
        start_study(workspace.root, study)  # quick: the features lie in the cache, or are soon there
    if found is None:
        render_study(workspace, study, label="Lay them out")
        return
    if method == "tsne":
        st.caption("Near means alike. How far groups lie apart, and how large they are, means little here.")
    _render_map(workspace, run, found)


@st.fragment
def _render_map(workspace: Workspace, run: RunView, found: FeatureMap) -> None:
    """The points; what is pressed here redraws them alone."""
    with page_frame():
        colour_by, standing_out = _render_controls(run, found)
        for column, plane in zip(st.columns(len(found.planes)), found.planes, strict=True):
            with column:
                st.markdown(f"**{TITLES[plane.state]}**")
                _render_plane(workspace, run, found, plane, colour_by, standing_out)
        shown = f"{found.n_samples:,}" if found.n_samples == found.n_all else f"{found.n_samples:,} of {found.n_all:,}"
        st.caption(f"{shown} samples of all splits. Press a point, or draw a lasso round some, to see them.")
        _render_chosen(workspace, run, found)


def _render_chosen(workspace: Workspace, run: RunView, found: FeatureMap) -> None:
    of_run, points = st.session_state.get(CHOSEN_KEY, (run.id, []))
    if of_run != run.id or not points:
        return
    if len(points) > MAX_CHOSEN:
        st.caption(f"{MAX_CHOSEN} of the {len(points):,} samples inside.")
    shown = mapped_samples(workspace, run.id, found, points[:MAX_CHOSEN])
    render_samples(shown, key="map-chosen-list", per_page=CHOSEN_PER_PAGE)


def _render_controls(run: RunView, found: FeatureMap) -> tuple[ColourBy, tuple[int, ...]]:
    colour_by = st.segmented_control(
        "Coloured by", list(COLOURS), key="map-colour", default="class", required=True, format_func=COLOURS.__getitem__
    )
    names = run.class_names
    if colour_by not in ("class", "prediction") or len(names) <= MAX_COLOURED:
        return cast(ColourBy, colour_by), ()
    standing_out = st.multiselect(
        "Classes that stand out",
        range(len(names)),
        key="map-standing-out",
        default=most_mistaken(found, len(names)),
        max_selections=MAX_STANDING_OUT,
        format_func=lambda label: shorten(names[label], NAME_CHARS),
        help="At first those that most mistakes have to do with; all others are grey.",
    )
    return cast(ColourBy, colour_by), tuple(standing_out)


def _render_plane(
    workspace: Workspace,
    run: RunView,
    found: FeatureMap,
    plane: Plane,
    colour_by: ColourBy,
    standing_out: tuple[int, ...],
) -> None:
    figure = _figure(
        f"{run_version(workspace, run)}:{found.method}:{plane.state}:{_written(found)}",
        colour_by,
        standing_out,
        _workspace=workspace,
        _run=run,
        _found=found,
        _plane=plane,
    )
    key = f"map-{run.id}-{found.method}-{plane.state}-{colour_by}-{hash(standing_out)}"
    with st.container(key=f"map-box-{plane.state}", height=int(figure.layout.height) + BORDER_PX, border=False):
        st.plotly_chart(
            figure,
            key=key,
            alt=describe_feature_map(found, plane, len(run.class_names)),
            config=MAP_CONFIG,
            on_select=lambda: _take_selection(run.id, key),
            selection_mode=("points", "lasso"),
        )


def _take_selection(run_id: str, key: str) -> None:
    """What was chosen in either plane; the samples are the same in both."""
    points = st.session_state[key]["selection"]["points"]
    st.session_state[CHOSEN_KEY] = (run_id, [int(point["customdata"]) for point in points])


def _written(found: FeatureMap) -> int:
    """Tells maps apart that were laid out at different times."""
    return hash(tuple(plane.positions.tobytes() for plane in found.planes))


@st.cache_resource(max_entries=12, show_spinner=False)
def _figure(
    version: str,  # noqa: ARG001 - stands for what the underscored arguments hold
    colour_by: ColourBy,
    standing_out: tuple[int, ...],
    *,
    _workspace: Workspace,
    _run: RunView,
    _found: FeatureMap,
    _plane: Plane,
) -> go.Figure:
    """The points of one plane; shared by all sessions, so nobody may change it."""
    return plot_feature_map(
        _found,
        _plane,
        colour_by,
        _run.class_names,
        standing_out=standing_out,
        texts=mapped_texts(_workspace, _run.id, _found),
    )
