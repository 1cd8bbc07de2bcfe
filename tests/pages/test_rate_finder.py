"""Trying learning rates on the Train page: pressed, watched, drawn, taken."""

import json
import threading
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from core.jobs.anchor import get_queue
from core.jobs.line import ShouldStop
from core.jobs.rate_finding import rate_finding, wait_for_rates
from core.jobs.training_jobs import TrainingWork, submit_training
from core.workflows.plan_run import RunChoices, plan_run
from core.workflows.train_run import create_run
from pages.components.rate_finder import KEY
from tests.pages.conftest import Trained, all_text, open_app

LABEL = "Try learning rates"
CHOSEN = {"image_size_px": 32, "batch_size": 8, "n_views": 1}


class FakeTraining:
    """Runs until it is released or stopped."""

    def __init__(self) -> None:
        self.began = threading.Event()

    def __call__(self, store_root: Path, run_id: str, *, should_stop: ShouldStop) -> None:
        self.began.set()
        while not should_stop():
            pass


def open_finder(trained: Trained, **settings: int) -> AppTest:
    app = open_app("train", dataset=trained.dataset_id)
    app.radio(key="strategy").set_value("full-fine-tuning").run()
    for name, value in settings.items():
        app.number_input(key=f"setting-{name}").set_value(value).run()
    app.session_state[KEY] = True
    app.run()
    assert not app.exception
    return app


def keys(app: AppTest) -> list[str]:
    return [button.key for button in app.button if button.key in ("find-rate", "use-rate")]


def test_a_rate_is_searched_drawn_and_taken(one_dataset: Trained) -> None:
    app = open_finder(one_dataset, **CHOSEN)
    assert keys(app) == ["find-rate"]
    app.button(key="find-rate").click().run()
    root = one_dataset.workspace.root
    plan = plan_run(
        one_dataset.workspace,
        RunChoices(dataset_id=one_dataset.dataset_id, strategy="full-fine-tuning", settings=CHOSEN),
    )
    assert wait_for_rates(root, plan, 180)
    app.run()
    assert not app.exception
    search = rate_finding(root, plan).search
    assert search.suggestion is not None
    drawn = json.loads(app.get("plotly_chart")[-1].proto.spec)["data"]
    assert [trace["name"] for trace in drawn] == ["Each batch", "Smoothed", "Falls fastest"]
    assert "fell fastest" in app.get("plotly_chart")[-1].proto.alt
    app.button(key="use-rate").click().run()
    assert app.number_input(key="setting-learning_rate").value == pytest.approx(search.suggestion)
    head = app.number_input(key="setting-head_learning_rate").value
    assert head == pytest.approx(min(1.0, search.suggestion * search.head_factor), rel=0.05)
    assert keys(app) == ["find-rate", "use-rate"]
    assert app.button(key="use-rate").disabled


def test_beside_a_training_it_cannot_be_pressed(one_dataset: Trained) -> None:
    workspace, training = one_dataset.workspace, FakeTraining()
    get_queue(workspace.root, lambda root: TrainingWork(root, training))
    plan = plan_run(workspace, RunChoices(dataset_id=one_dataset.dataset_id))
    submit_training(workspace.root, create_run(workspace, plan.spec))
    assert training.began.wait(10)
    app = open_finder(one_dataset)
    assert app.button(key="find-rate").disabled
    assert "A training runs" in all_text(app)


def test_where_the_head_is_solved_for_there_is_no_rate_to_try(one_dataset: Trained) -> None:
    app = open_app("train", dataset=one_dataset.dataset_id)
    assert LABEL not in [panel.label for panel in app.expander]
    app.radio(key="strategy").set_value("head-then-fine-tune").run()
    assert LABEL in [panel.label for panel in app.expander]
    assert keys(app) == []
