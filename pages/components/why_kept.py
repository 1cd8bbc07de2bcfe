"""Reasons that were asked for already, so that going back to them costs nothing."""

from __future__ import annotations

from pathlib import Path

import streamlit as st

from core.datasets.records import Modality
from core.explanation.records import ImageExplanation, TextExplanation
from core.workflows.explain import explain_image, explain_text, list_methods
from core.workflows.nearest_samples import NearestSamples, nearest_to_image, nearest_to_text
from core.workflows.workspace import Workspace


def method_titles(modality: Modality) -> dict[str, str]:
    """The titles of the methods by their ids, the usual one first."""
    return {row.id: row.title for row in list_methods(modality)}


@st.cache_data(max_entries=50, show_spinner=False)
def explained(
    version: str,  # noqa: ARG001 - stands for the run as it is now
    asked: str | bytes | Path,
    method: str,
    class_name: str,
    *,
    _workspace: Workspace,
    _run_id: str,
) -> ImageExplanation | TextExplanation:
    """What speaks for a class."""
    if isinstance(asked, str):
        return explain_text(_workspace, _run_id, asked, method=method, class_name=class_name)
    return explain_image(_workspace, _run_id, asked, method=method, class_name=class_name)


@st.cache_data(max_entries=50, show_spinner=False)
def nearest_samples(
    version: str,  # noqa: ARG001
    asked: str | bytes | Path,
    *,
    _workspace: Workspace,
    _run_id: str,
) -> NearestSamples:
    """The training samples nearest to an input."""
    if isinstance(asked, str):
        return nearest_to_text(_workspace, _run_id, asked)
    return nearest_to_image(_workspace, _run_id, asked)
