"""What a person can do with a run: start, stop, resume, repeat."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NoReturn

import streamlit as st

from core.jobs.training_jobs import submit_training
from core.training.spec import TrainingSpec
from core.workflows.plan_run import RunPlan
from core.workflows.race_strategies import create_race
from core.workflows.train_run import create_run
from core.workflows.workspace import Workspace
from pages.components import state
from pages.components.draft import draft_like

HOME, RESULTS, TRAIN = "pages/home.py", "pages/results.py", "pages/train.py"
PREDICT, COMPARE = "pages/predict.py", "pages/compare.py"


def start_run(workspace: Workspace, spec: TrainingSpec) -> NoReturn:
    """Store a run, queue it and show it."""
    run_id = create_run(workspace, spec)
    submit_training(workspace.root, run_id)
    st.switch_page(RESULTS, query_params={"run": run_id})


def resume_run(workspace: Workspace, run_id: str) -> NoReturn:
    """Go on with an interrupted run from its last epoch."""
    submit_training(workspace.root, run_id)
    st.rerun()


def change_settings(spec: TrainingSpec) -> NoReturn:
    """Open the Train page with everything set as this run had it."""
    draft_like(spec)
    st.switch_page(TRAIN, query_params={"dataset": spec.dataset_id})


def predict_with(run_id: str) -> NoReturn:
    """Open the Predict page with this run."""
    st.switch_page(PREDICT, query_params={"run": run_id})


def start_race(workspace: Workspace, plans: Sequence[RunPlan]) -> NoReturn:
    """Store a run per plan, queue them in that order and show them side by side."""
    run_ids = create_race(workspace, plans)
    for run_id in run_ids:
        submit_training(workspace.root, run_id)
    compare_with(run_ids)


def compare_with(run_ids: Sequence[str]) -> NoReturn:
    """Open the Compare page with these runs; one alone is held against the newest other on the same data."""
    st.switch_page(COMPARE, query_params=state.ask_for_runs(run_ids))
