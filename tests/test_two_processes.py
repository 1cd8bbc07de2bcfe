"""Two command lines and a server on one workspace do not harm each other."""

import json
import subprocess
import sys
import time
from pathlib import Path

import pytest

from core.errors import RunFolderError
from core.jobs.anchor import drop_queues
from core.jobs.training_jobs import submit_training, training_queue
from core.workflows.show_run import list_runs
from core.workflows.workspace import Workspace
from tests.conftest import make_text_table

ROOT = Path(__file__).parents[1]
TIMEOUT_S = 300
MANY_EPOCHS = "60"


@pytest.fixture
def workspace(tmp_path):
    yield Workspace(tmp_path / "work")
    drop_queues()


@pytest.fixture
def train(workspace, tmp_path):
    """Starts a command line that trains on the same texts as every other."""
    table = tmp_path / "reviews.csv"
    table.write_bytes(make_text_table())
    started = []

    def start(*words):
        command = [sys.executable, "-m", "core", "train", str(table), *words, "--workspace", str(workspace.root)]
        out = (tmp_path / f"{len(started)}.json").open("w")
        started.append(subprocess.Popen([*command, "--json"], cwd=ROOT, stdout=out, stderr=subprocess.PIPE))
        return started[-1]

    yield start
    for process in started:
        process.kill()
        process.communicate()


def wait_for(is_reached):
    until = time.monotonic() + TIMEOUT_S
    while not (found := is_reached()):
        assert time.monotonic() < until
        time.sleep(0.05)
    return found


def test_two_command_lines_on_the_same_data_make_one_dataset_and_two_equal_runs(workspace, train, tmp_path):
    for process in [train("--strategy", "feature-extraction") for _ in range(2)]:
        _, said = process.communicate(timeout=TIMEOUT_S)
        assert process.returncode == 0, said.decode()
    answers = [json.loads((tmp_path / f"{n}.json").read_text().splitlines()[-1]) for n in range(2)]
    assert len({answer["run"] for answer in answers}) == 2
    assert answers[0]["metrics"] == answers[1]["metrics"]
    assert len(workspace.datasets.list_cards()) == 1
    assert [run.status.state for run in list_runs(workspace)] == ["finished", "finished"]


def test_a_server_that_starts_meanwhile_leaves_a_running_training_to_its_process(workspace, train):
    process = train("--strategy", "full-fine-tuning", "--epochs", MANY_EPOCHS)

    def running():
        return [run.id for run in list_runs(workspace) if run.status.state == "running"]

    (run_id,) = wait_for(running)
    queue = training_queue(workspace.root)  # as a server does when it starts
    assert queue.active() is None
    with pytest.raises(RunFolderError, match="another one holds"):
        submit_training(workspace.root, run_id)
    assert running() == [run_id]
    process.kill()
    process.wait()
    assert [run.status.state for run in list_runs(workspace)] == ["interrupted"]
