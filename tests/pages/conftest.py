"""A workspace of its own for every test of a page, with a run that was really trained where one is wanted."""

import shutil
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import pytest
import streamlit as st
from streamlit import config
from streamlit.testing.v1 import AppTest

from core.jobs.anchor import drop_queues
from core.runs.records import RunError, RunState
from core.workflows.estimate_run import estimate_run
from core.workflows.inspect_dataset import UploadedFile, inspect_dataset
from core.workflows.plan_run import RunChoices, plan_run
from core.workflows.train_run import create_run, execute_run
from core.workflows.workspace import Workspace

APP = Path(__file__).parents[2] / "dashboard.py"
TIMEOUT_S = 90


@dataclass(frozen=True, kw_only=True, slots=True)
class Trained:
    """A workspace with one dataset and one run."""

    workspace: Workspace
    dataset_id: str
    run_id: str


@pytest.fixture(autouse=True)
def workspace(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Workspace]:
    """An empty workspace that the pages use; queues and caches end with the test."""
    root = tmp_path / "workspace"
    monkeypatch.setenv("HEADSTART_WORKSPACE", str(root))
    # AppTest keeps the functions that format options in the session, which no server does.
    config.set_option("runner.enforceSerializableSessionState", False)
    yield Workspace(root.resolve())
    drop_queues()
    st.cache_data.clear()
    st.cache_resource.clear()


@pytest.fixture(scope="session")
def image_template(tmp_path_factory: pytest.TempPathFactory, image_zip: bytes) -> Trained:
    """Trained once for all tests; copied by those that use it."""
    return _train(tmp_path_factory.mktemp("images"), "pets.zip", image_zip, image_size_px=64)


@pytest.fixture(scope="session")
def text_template(tmp_path_factory: pytest.TempPathFactory, text_table: bytes) -> Trained:
    """Trained once for all tests; copied by those that use it."""
    return _train(tmp_path_factory.mktemp("texts"), "reviews.csv", text_table)


@pytest.fixture
def finished_run(image_template: Trained, workspace: Workspace) -> Trained:
    """A finished run on images in the test's own workspace."""
    return _copied(image_template, workspace)


@pytest.fixture
def finished_text_run(text_template: Trained, workspace: Workspace) -> Trained:
    """A finished run on texts in the test's own workspace."""
    return _copied(text_template, workspace)


@pytest.fixture
def one_dataset(finished_run: Trained) -> Trained:
    """One dataset of images and no run."""
    shutil.rmtree(finished_run.workspace.root / "runs")
    return finished_run


@pytest.fixture
def running_run(finished_run: Trained) -> Iterator[Trained]:
    """A run in mid-training, held by another worker as far as the pages can tell."""
    _strip_report(finished_run)
    with finished_run.workspace.runs.get(finished_run.run_id).claim():
        set_state(finished_run, "running", step="Fit the head: 2 of 11", done=3, of=12, eta_s=8.0)
        yield finished_run


@pytest.fixture
def queued_run(finished_run: Trained) -> Iterator[Trained]:
    """A run that waits for its turn, held by another worker as far as the pages can tell."""
    _strip_report(finished_run)
    with finished_run.workspace.runs.get(finished_run.run_id).claim():
        set_state(finished_run, "queued")
        yield finished_run


@pytest.fixture
def failed_run(finished_run: Trained) -> Trained:
    """A run that ended with an error that names markup."""
    _strip_report(finished_run)
    error = RunError(code="out_of_resources", problem="The memory did not suffice <b>.", remedy="Freeze more stages.")
    set_state(finished_run, "failed", error=error)
    return finished_run


@pytest.fixture
def interrupted_run(finished_run: Trained) -> Trained:
    """A run whose process died: it says that it runs, but nobody holds it."""
    _strip_report(finished_run)
    set_state(finished_run, "running", step="Training", epoch=1, n_epochs=4)
    return finished_run


def open_app(page: str | None = None, **query_params: str) -> AppTest:
    """The app, run once; on `pages/PAGE.py` where a page is named."""
    app = AppTest.from_file(str(APP), default_timeout=TIMEOUT_S).run()
    if page is None and not query_params:
        return app
    if page is not None:
        app.switch_page(f"pages/{page}.py")
    for name, value in query_params.items():
        app.query_params[name] = value
    return app.run()


def all_text(app: AppTest) -> str:
    """Every text the page shows as words or Markdown, as it was sent."""
    kinds = ("title", "subheader", "markdown", "caption", "text", "error", "warning", "info", "badge")
    return "\n".join(str(element.value) for kind in kinds for element in app.get(kind) if hasattr(element, "value"))


def set_state(trained: Trained, state: RunState, **changes: object) -> None:
    """Rewrite where a run stands."""
    folder = trained.workspace.runs.get(trained.run_id)
    folder.write_status(replace(folder.read_status(), **{"state": state, "ended_at": "", **changes}))


def _train(root: Path, name: str, content: bytes, **settings: int) -> Trained:
    workspace = Workspace(root)
    path = root / "upload"
    path.write_bytes(content)
    dataset = inspect_dataset(workspace, [UploadedFile(name=name, path=path)])
    choices = RunChoices(dataset_id=dataset.id, strategy="feature-extraction", settings=settings)
    run_id = create_run(workspace, plan_run(workspace, choices).spec)
    execute_run(root, run_id, should_stop=lambda: None)
    # What the Train page would measure behind itself in every single test.
    estimate_run(workspace, plan_run(workspace, RunChoices(dataset_id=dataset.id)))
    return Trained(workspace=workspace, dataset_id=dataset.id, run_id=run_id)


def _copied(template: Trained, workspace: Workspace) -> Trained:
    shutil.copytree(template.workspace.root, workspace.root)
    return replace(template, workspace=workspace)


def _strip_report(trained: Trained) -> None:
    folder = trained.workspace.runs.get(trained.run_id)
    for name in ("report.json", "proof.json", "predictions.parquet", "model.safetensors"):
        (folder.path / name).unlink()
