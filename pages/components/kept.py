"""What the page of a run with a report would otherwise make again at every press."""

from __future__ import annotations

import plotly.graph_objects as go
import streamlit as st

from core.datasets.records import SplitName
from core.evaluation.records import SplitReport
from core.plots.confusion import ClassOrder, plot_confusion_matrix
from core.plots.loss_curves import plot_loss, plot_macro_f1
from core.training.events import StoredEvent
from core.workflows.review_run import ReviewedSample, cell_samples, most_wrong
from core.workflows.show_run import RunView
from core.workflows.workspace import Workspace


def run_version(workspace: Workspace, run: RunView) -> str:
    """Names the report of a run: a stopped run that is resumed ends again, with another one; data may be deleted."""
    return f"{workspace.root}:{run.id}:{run.status.ended_at}:{run.has_data}"


@st.cache_resource(max_entries=24, show_spinner=False)
def matrix_figure(
    version: str,  # noqa: ARG001 - with `split` it stands for what the underscored arguments hold
    split: SplitName,  # noqa: ARG001
    *,
    normalise: bool,
    order: ClassOrder,
    max_side_px: int | None,
    _part: SplitReport,
    _class_names: tuple[str, ...],
) -> go.Figure:
    """The confusion matrix; shared by all sessions, so nobody may change it."""
    return plot_confusion_matrix(
        _part.confusion_matrix, _class_names, normalise=normalise, order=order, max_side_px=max_side_px
    )


@st.cache_resource(max_entries=24, show_spinner=False)
def curve_figures(
    run: str,  # noqa: ARG001
    n_events: int,  # noqa: ARG001 - a history only grows; one cut back by resuming tells the same epochs again
    last: StoredEvent | None,  # noqa: ARG001
    *,
    _events: tuple[StoredEvent, ...],
) -> tuple[go.Figure, go.Figure]:
    """Loss and macro-F1; drawn anew only when an epoch was added, though the page asks every second."""
    return plot_loss(_events), plot_macro_f1(_events)


@st.cache_data(max_entries=200, show_spinner=False)
def samples_of_cell(
    version: str,  # noqa: ARG001
    split: SplitName,
    true_class: str,
    predicted_class: str,
    *,
    _workspace: Workspace,
    _run_id: str,
) -> tuple[ReviewedSample, ...]:
    """The samples of one cell of the confusion matrix."""
    return cell_samples(_workspace, _run_id, split, true_class, predicted_class)


@st.cache_data(max_entries=50, show_spinner=False)
def most_wrong_samples(
    version: str,  # noqa: ARG001
    split: SplitName,
    *,
    _workspace: Workspace,
    _run_id: str,
) -> tuple[ReviewedSample, ...]:
    """The mistakes the model was surest of."""
    return most_wrong(_workspace, _run_id, split)
