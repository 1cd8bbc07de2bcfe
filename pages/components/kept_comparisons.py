"""Comparisons that the page would otherwise compute again at every press."""

from __future__ import annotations

from collections.abc import Sequence

import streamlit as st

from core.workflows.compare_runs import PairTest, RunComparison, compare_runs, contested_samples
from core.workflows.review_run import ReviewedSample
from core.workflows.show_run import RunView
from core.workflows.workspace import Workspace
from pages.components.kept import run_version


def comparison_of(workspace: Workspace, runs: Sequence[RunView]) -> RunComparison:
    """The comparison of runs that all have a report."""
    versions = tuple(run_version(workspace, run) for run in runs)
    return _compare(versions, _workspace=workspace, _run_ids=tuple(run.id for run in runs))


def contested_of(workspace: Workspace, comparison: RunComparison, test: PairTest) -> tuple[Contested, Contested]:
    """Samples that only the first run got right, and samples that only the second did."""
    versions = tuple(run_version(workspace, run) for run in comparison.runs)
    return _contested(versions, test.split, _workspace=workspace, _test=test)


Contested = tuple[ReviewedSample, ...]


@st.cache_resource(max_entries=24, show_spinner=False)
def _compare(
    versions: tuple[str, ...],  # noqa: ARG001 - they stand for what the underscored arguments hold
    *,
    _workspace: Workspace,
    _run_ids: tuple[str, ...],
) -> RunComparison:
    return compare_runs(_workspace, _run_ids)


@st.cache_data(max_entries=24, show_spinner=False)
def _contested(
    versions: tuple[str, ...],  # noqa: ARG001
    split: str,  # noqa: ARG001
    *,
    _workspace: Workspace,
    _test: PairTest,
) -> tuple[Contested, Contested]:
    return contested_samples(_workspace, _test)
