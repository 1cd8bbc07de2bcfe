"""Studies behind a page: one at a time, never beside a training, cancelled when asked, their faults in words."""

import errno
import threading
from collections.abc import Iterator
from contextlib import AbstractContextManager, nullcontext
from pathlib import Path
from typing import get_args

import pytest

from core.errors import MissingWeightsError
from core.jobs.anchor import drop_queues, get_queue
from core.jobs.line import ShouldStop, StopReason
from core.jobs.measuring import one_at_a_time
from core.jobs.studies import cancel_study, read_study, start_study, wait_for_study
from core.jobs.study import Progress, Study, StudyKind
from core.jobs.study_answers import ANSWERS

SOON_S = 5.0
RANKING = Study(kind="ranking", dataset_id="0" * 16)
RELATION = Study(kind="relation", dataset_id="0" * 16, model="m")


class FakeAnswer:
    """Makes steps until it is released; notes who asked and how often it began."""

    def __init__(self, error: Exception | None = None) -> None:
        self.asked: list[Study] = []
        self.began, self.released = threading.Event(), threading.Event()
        self._error = error

    def __call__(self, workspace: Path, study: Study, on_progress: Progress) -> None:
        self.asked.append(study)
        on_progress("Passing samples", 3, 12)
        self.began.set()
        while not self.released.wait(0.001):
            on_progress("Passing samples", 3, 12)
        if self._error:
            raise self._error


class FakeTraining:
    """A training that lasts until it is released."""

    def __init__(self) -> None:
        self.began, self.released = threading.Event(), threading.Event()

    def hold(self, run_id: str) -> AbstractContextManager[None]:
        return nullcontext()

    def execute(self, run_id: str, should_stop: ShouldStop) -> None:
        self.began.set()
        while not (should_stop() or self.released.wait(0.001)):
            pass

    def drop(self, run_id: str, reason: StopReason) -> None:
        pass


@pytest.fixture
def training(tmp_path: Path) -> Iterator[FakeTraining]:
    """What the queue of the workspace does with whatever is submitted."""
    work = FakeTraining()
    get_queue(tmp_path, lambda root: work)
    yield work
    drop_queues()


def begin_training(workspace: Path, training: FakeTraining) -> None:
    get_queue(workspace, lambda root: training).submit("run")
    assert training.began.wait(SOON_S)


def wait_until_it_waits(workspace: Path, study: Study, reason: str) -> None:
    waiting = threading.Event()
    for _ in range(int(SOON_S / 0.01)):
        status = read_study(workspace, study)
        if status.state == "waiting" and reason in status.step:
            return
        waiting.wait(0.01)
    raise AssertionError(read_study(workspace, study))


def test_a_study_tells_how_far_it_is_and_then_that_it_is_done(tmp_path: Path, training: FakeTraining) -> None:
    assert read_study(tmp_path, RANKING) is None
    answer = FakeAnswer()
    start_study(tmp_path, RANKING, answer)
    assert answer.began.wait(SOON_S)
    status = read_study(tmp_path, RANKING)
    assert (status.state, status.step, status.done, status.of) == ("running", "Passing samples", 3, 12)
    assert status.progress == 0.25
    answer.released.set()
    assert wait_for_study(tmp_path, RANKING, SOON_S)
    assert read_study(tmp_path, RANKING).state == "done"
    assert answer.asked == [RANKING]


def test_the_same_study_begins_once_while_it_is_under_way_and_again_when_it_is_over(
    tmp_path: Path, training: FakeTraining
) -> None:
    first, second = FakeAnswer(), FakeAnswer()
    start_study(tmp_path, RANKING, first)
    assert first.began.wait(SOON_S)
    start_study(tmp_path, RANKING, second)
    first.released.set()
    assert wait_for_study(tmp_path, RANKING, SOON_S)
    assert second.asked == []
    second.released.set()
    start_study(tmp_path, RANKING, second)
    assert wait_for_study(tmp_path, RANKING, SOON_S)
    assert second.asked == [RANKING]


def test_it_waits_for_the_present_training_and_says_so(tmp_path: Path, training: FakeTraining) -> None:
    begin_training(tmp_path, training)
    answer = FakeAnswer()
    answer.released.set()
    start_study(tmp_path, RANKING, answer)
    wait_until_it_waits(tmp_path, RANKING, "present training")
    assert answer.asked == []
    training.released.set()
    assert wait_for_study(tmp_path, RANKING, SOON_S)
    assert read_study(tmp_path, RANKING).state == "done"


def test_it_makes_way_for_a_training_that_begins_and_starts_over_after_it(
    tmp_path: Path, training: FakeTraining
) -> None:
    answer = FakeAnswer()
    start_study(tmp_path, RANKING, answer)
    assert answer.began.wait(SOON_S)
    begin_training(tmp_path, training)
    wait_until_it_waits(tmp_path, RANKING, "present training")
    assert one_at_a_time.acquire(timeout=SOON_S)  # nothing is computed beside the training
    one_at_a_time.release()
    answer.released.set()
    training.released.set()
    assert wait_for_study(tmp_path, RANKING, SOON_S)
    assert read_study(tmp_path, RANKING).state == "done"
    assert answer.asked == [RANKING, RANKING]


def test_a_second_study_waits_for_the_first(tmp_path: Path, training: FakeTraining) -> None:
    first, second = FakeAnswer(), FakeAnswer()
    start_study(tmp_path, RANKING, first)
    assert first.began.wait(SOON_S)
    start_study(tmp_path, RELATION, second)
    wait_until_it_waits(tmp_path, RELATION, "being computed now")
    assert second.asked == []
    second.released.set()
    first.released.set()
    assert wait_for_study(tmp_path, RELATION, SOON_S)
    assert second.asked == [RELATION]


def test_a_running_and_a_waiting_study_can_be_cancelled(tmp_path: Path, training: FakeTraining) -> None:
    first, second = FakeAnswer(), FakeAnswer()
    start_study(tmp_path, RANKING, first)
    assert first.began.wait(SOON_S)
    start_study(tmp_path, RELATION, second)
    for study in (RELATION, RANKING):
        cancel_study(tmp_path, study)
        assert wait_for_study(tmp_path, study, SOON_S)
        assert read_study(tmp_path, study).state == "cancelled"
    assert second.asked == []
    assert not one_at_a_time.locked()


def test_an_error_of_the_person_keeps_its_words(tmp_path: Path, training: FakeTraining) -> None:
    answer = FakeAnswer(MissingWeightsError("No weights.", "Fetch them."))
    answer.released.set()
    start_study(tmp_path, RANKING, answer)
    assert wait_for_study(tmp_path, RANKING, SOON_S)
    status = read_study(tmp_path, RANKING)
    assert (status.state, status.problem, status.remedy) == ("failed", "No weights.", "Fetch them.")


def test_a_full_disk_is_told_in_words(tmp_path: Path, training: FakeTraining) -> None:
    answer = FakeAnswer(OSError(errno.ENOSPC, "No space left on device"))
    answer.released.set()
    start_study(tmp_path, RANKING, answer)
    assert wait_for_study(tmp_path, RANKING, SOON_S)
    status = read_study(tmp_path, RANKING)
    assert status.state == "failed"
    assert "full" in status.problem
    assert "Free some space" in status.remedy


def test_a_fault_of_ours_ends_the_study_calmly_and_is_in_the_log(
    tmp_path: Path, training: FakeTraining, caplog: pytest.LogCaptureFixture
) -> None:
    answer = FakeAnswer(RuntimeError("bug"))
    answer.released.set()
    start_study(tmp_path, RANKING, answer)
    assert wait_for_study(tmp_path, RANKING, SOON_S)
    status = read_study(tmp_path, RANKING)
    assert status.state == "failed"
    assert "bug" not in status.problem
    assert "RuntimeError: bug" in caplog.text
    assert not one_at_a_time.locked()


def test_what_was_never_begun_is_not_there_and_need_not_be_waited_for(tmp_path: Path) -> None:
    cancel_study(tmp_path, RANKING)
    assert wait_for_study(tmp_path, RANKING, 0.0)
    assert read_study(tmp_path, RANKING) is None


def test_every_kind_of_study_has_an_answer():
    assert set(ANSWERS) == set(get_args(StudyKind))
