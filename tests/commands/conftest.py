"""What the tests of the commands share."""

import pytest

from core.workflows.inspect_dataset import inspect_dataset
from core.workflows.plan_run import RunChoices, plan_run
from core.workflows.train_run import create_run, execute_run
from core.workflows.workspace import Workspace
from tests.conftest import make_text_table


@pytest.fixture(scope="package")
def run(tmp_path_factory):
    """A workspace with a finished run in it: its folder, the run's id and that of its data; tests add to it only."""
    folder = tmp_path_factory.mktemp("commands")
    (folder / "reviews.csv").write_bytes(make_text_table())
    workspace = Workspace(folder / "work")
    dataset = inspect_dataset(workspace, folder / "reviews.csv")
    choices = RunChoices(dataset_id=dataset.id, strategy="feature-extraction")
    run_id = create_run(workspace, plan_run(workspace, choices).spec)
    execute_run(workspace.root, run_id, should_stop=lambda: None)
    return workspace.root, run_id, dataset.id
