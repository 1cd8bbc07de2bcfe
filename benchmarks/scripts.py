"""How long the server computes for a press, without browser and network: the app under Streamlit's own test driver."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from streamlit import config
from streamlit.testing.v1 import AppTest

from core.jobs.training_jobs import stop_training, submit_training, training_queue
from core.settings import DEFAULT_SEED
from core.workflows.plan_run import RunChoices, plan_run
from core.workflows.show_run import read_status
from core.workflows.train_run import create_run
from core.workflows.warm_up import start_warm_up
from core.workflows.workspace import Workspace

APP = Path(__file__).parents[1] / "dashboard.py"
TIMEOUT_S = 60
STRATEGIES = ("full-fine-tuning", "feature-extraction")
PAGES = ("pages/predict.py", "pages/train.py")
TRAINING = "full-fine-tuning"
MANY_EPOCHS = 1000
"""As many as a training may have: it goes on for as long as anybody measures."""

N_UNTIMED = 4
"""Presses before those that count: the first ones fill what is kept between presses."""

Timed = dict[str, list[float]]


def time_scripts(root: Path, dataset_id: str, n: int) -> tuple[Timed, Timed]:
    """Seconds of the script per press, by what is pressed: while nothing trains, and while this process trains.

    Args:
        root: the workspace folder.
        dataset_id: a dataset in it.
        n: presses of each kind.
    """
    os.environ["HEADSTART_WORKSPACE"] = str(root)
    # AppTest keeps the functions that format options in the session, which no server does.
    config.set_option("runner.enforceSerializableSessionState", False)
    idle = _time_all(dataset_id, n)
    with training(Workspace(root), dataset_id):
        return idle, _time_all(dataset_id, n)


@contextmanager
def training(workspace: Workspace, dataset_id: str) -> Iterator[None]:
    """This process trains everything while the block runs, as the server does: in a thread beside the pages."""
    settings = {"epochs": MANY_EPOCHS, "patience": 0, "seed": DEFAULT_SEED}
    plan = plan_run(workspace, RunChoices(dataset_id=dataset_id, strategy=TRAINING, settings=settings))
    run_id = create_run(workspace, plan.spec)
    submit_training(workspace.root, run_id)
    wait_for_steps(workspace, run_id)
    yield
    if read_status(workspace, run_id).state != "running":
        raise RuntimeError("the training ended before everything was measured")
    stop_training(workspace.root, run_id)
    training_queue(workspace.root).wait(run_id, TIMEOUT_S)


def wait_for_steps(workspace: Workspace, run_id: str) -> None:
    """Wait until a run takes optimiser steps."""
    while not (status := read_status(workspace, run_id)).step.startswith("Fine-tune") or not status.done:
        if status.state not in ("queued", "running"):
            raise RuntimeError(f"the training did not begin: {status}")
        time.sleep(0.2)


def _time_all(dataset_id: str, n: int) -> Timed:
    app = AppTest.from_file(str(APP), default_timeout=TIMEOUT_S).run()
    app.switch_page("pages/train.py")
    app.query_params["dataset"] = dataset_id
    app.run()
    start_warm_up().join()
    strategy = [_timed(_strategy_press(app, STRATEGIES[number % 2])) for number in range(N_UNTIMED + n)]
    page = [_timed(_page_press(app, PAGES[number % 2])) for number in range(N_UNTIMED + n)]
    return {"strategy": strategy[N_UNTIMED:], "page": page[N_UNTIMED:]}


def _strategy_press(app: AppTest, strategy: str) -> Callable[[], AppTest]:
    return lambda: app.radio(key="strategy").set_value(strategy).run()


def _page_press(app: AppTest, page: str) -> Callable[[], AppTest]:
    return lambda: app.switch_page(page).run()


def _timed(press: Callable[[], AppTest]) -> float:
    started = time.perf_counter()
    app = press()
    elapsed_s = time.perf_counter() - started
    if app.exception:
        raise RuntimeError(f"the page failed: {app.exception}")
    return elapsed_s
