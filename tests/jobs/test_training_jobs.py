"""Runs on their way through the queue: what their folders say at every turn."""

import threading
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from core.errors import RunFolderError, UnknownChoiceError
from core.jobs.anchor import drop_queues, get_queue
from core.jobs.line import ShouldStop
from core.jobs.queue import JobQueue
from core.jobs.training_jobs import TrainingWork, stop_training, submit_training, training_queue
from core.runs.folder import RunFolder
from core.runs.store import RunStore
from core.training.spec import TrainingSpec

SOON_S = 5.0
SPEC = TrainingSpec(dataset_id="0123456789abcdef", model="m", strategy="s", frozen_stages=())


class FakeTraining:
    """Says it runs, then waits to be released or stopped, then says how it ended."""

    def __init__(self) -> None:
        self.began = threading.Event()
        self.released = threading.Event()

    def __call__(self, store_root: Path, run_id: str, *, should_stop: ShouldStop) -> None:
        folder = RunStore(store_root).get(run_id)
        folder.write_status(replace(folder.read_status(), state="running"))
        self.began.set()
        while not (should_stop() or self.released.wait(0.001)):
            pass
        state = {"person": "stopped", "shutdown": "interrupted", None: "finished"}[should_stop()]
        folder.write_status(replace(folder.read_status(), state=state))


class Workplace:
    """A workspace with a queue that executes a fake training."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.training = FakeTraining()
        self.store = RunStore(root)
        self.queue: JobQueue = get_queue(root, lambda root: TrainingWork(root, self.training))

    def submit(self) -> RunFolder:
        folder = self.store.create(SPEC)
        submit_training(self.root, folder.id)
        return folder


@pytest.fixture
def place(tmp_path: Path) -> Iterator[Workplace]:
    yield Workplace(tmp_path)
    drop_queues()


def states(*folders: RunFolder) -> list[str]:
    return [folder.read_status().state for folder in folders]


def test_a_run_is_claimed_from_submission_to_its_end(place: Workplace) -> None:
    first, second = place.submit(), place.submit()
    assert place.training.began.wait(SOON_S)
    assert states(first, second) == ["running", "queued"]
    assert first.is_claimed()
    assert second.is_claimed()
    assert place.store.reconcile() == ()
    place.training.released.set()
    assert place.queue.wait(second.id, SOON_S)
    assert states(first, second) == ["finished", "finished"]
    assert not first.is_claimed()
    assert not second.is_claimed()


def test_stopping_shows_in_the_folder_of_a_waiting_and_of_a_running_run(place: Workplace) -> None:
    first, second = place.submit(), place.submit()
    assert place.training.began.wait(SOON_S)
    stop_training(place.root, second.id)
    assert states(second) == ["stopped"]
    assert second.read_status().ended_at
    stop_training(place.root, first.id)
    assert place.queue.wait(first.id, SOON_S)
    assert states(first) == ["stopped"]


def test_shutdown_leaves_runs_that_can_be_resumed(place: Workplace) -> None:
    first, second = place.submit(), place.submit()
    assert place.training.began.wait(SOON_S)
    place.queue.shutdown(SOON_S)
    assert states(first, second) == ["interrupted", "interrupted"]


def test_stopping_a_run_of_another_process_leaves_a_request_in_its_folder(place: Workplace) -> None:
    folder = place.store.create(SPEC)
    folder.write_status(replace(folder.read_status(), state="running"))
    stop_training(place.root, folder.id)
    assert folder.stop_requested()


def test_stopping_a_run_that_has_ended_asks_nothing_of_anybody(place: Workplace) -> None:
    folder = place.store.create(SPEC)
    folder.write_status(replace(folder.read_status(), state="finished"))
    stop_training(place.root, folder.id)
    assert not folder.stop_requested()


def test_a_stopped_run_can_be_queued_again_and_keeps_its_age_and_epochs(place: Workplace) -> None:
    folder = place.store.create(SPEC)
    before = replace(folder.read_status(), state="interrupted", epoch=3, ended_at="2026-11-20T17:15:30+00:00")
    folder.write_status(before)
    folder.request_stop()
    blocker = place.submit()
    submit_training(place.root, folder.id)
    assert folder.read_status() == replace(before, state="queued", ended_at="")
    place.training.released.set()
    assert place.queue.wait(folder.id, SOON_S)
    assert states(blocker, folder) == ["finished", "finished"]


def test_a_finished_run_is_not_started_again(place: Workplace) -> None:
    folder = place.store.create(SPEC)
    folder.write_status(replace(folder.read_status(), state="finished"))
    with pytest.raises(RunFolderError, match="finished run"):
        submit_training(place.root, folder.id)
    assert states(folder) == ["finished"]
    assert not folder.is_claimed()


def test_an_unknown_run_is_refused(place: Workplace) -> None:
    with pytest.raises(UnknownChoiceError):
        submit_training(place.root, "../x")
    with pytest.raises(UnknownChoiceError):
        stop_training(place.root, "../x")


def test_a_fault_that_escapes_the_training_ends_the_run_as_failed_with_its_traceback_in_the_log(
    tmp_path: Path,
) -> None:
    def explode(store_root: Path, run_id: str, *, should_stop: ShouldStop) -> None:
        raise ZeroDivisionError("a bug")

    queue = get_queue(tmp_path, lambda root: TrainingWork(root, explode))
    folder = RunStore(tmp_path).create(SPEC)
    submit_training(tmp_path, folder.id)
    assert queue.wait(folder.id, SOON_S)
    drop_queues()
    status = folder.read_status()
    assert status.state == "failed"
    assert status.error is not None
    assert "a bug" not in status.error.problem
    assert "ZeroDivisionError: a bug" in folder.log_path.read_text(encoding="utf-8")


def test_the_first_look_at_the_queue_marks_what_a_dead_process_left(tmp_path: Path) -> None:
    folder = RunStore(tmp_path).create(SPEC)
    queue = training_queue(tmp_path)
    assert states(folder) == ["interrupted"]
    late = RunStore(tmp_path).create(SPEC)
    assert training_queue(tmp_path) is queue
    assert states(late) == ["queued"]
    drop_queues()
