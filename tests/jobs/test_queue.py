"""Stories of the queue, told with a fake work that takes milliseconds."""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest

from core.errors import UserError
from core.jobs.line import Line, ShouldStop, StopReason
from core.jobs.queue import JobQueue

SOON_S = 5.0


class FakeWork:
    """Notes what happens; a job named in `slow` lasts until it is released or asked to stop."""

    def __init__(self, *slow: str, faults: dict[str, BaseException] | None = None) -> None:
        self.told: list[str] = []
        self.held: set[str] = set()
        self.began = {run_id: threading.Event() for run_id in slow}
        self.released = threading.Event()
        self.faults = faults or {}

    @contextmanager
    def hold(self, run_id: str) -> Iterator[None]:
        if run_id == "refused":
            raise UserError("Refused.", "Ask for another one.")
        self.held.add(run_id)
        yield
        self.held.remove(run_id)

    def execute(self, run_id: str, should_stop: ShouldStop) -> None:
        assert run_id in self.held
        if run_id in self.faults:
            raise self.faults[run_id]
        if run_id in self.began:
            self.began[run_id].set()
            while not (should_stop() or self.released.wait(0.001)):
                pass
        self.told.append(f"{run_id} ended: {should_stop()}")

    def drop(self, run_id: str, reason: StopReason) -> None:
        assert run_id in self.held
        self.told.append(f"{run_id} dropped: {reason}")
        if run_id in self.faults:
            raise self.faults[run_id]


@pytest.fixture
def start() -> Iterator[Callable[[FakeWork], JobQueue]]:
    queues: list[JobQueue] = []

    def build(work: FakeWork) -> JobQueue:
        queues.append(JobQueue(work))
        return queues[-1]

    yield build
    for queue in queues:
        queue.shutdown()


Start = Callable[[FakeWork], JobQueue]


def test_jobs_are_executed_one_after_the_other_in_the_order_of_submission(start: Start) -> None:
    work = FakeWork("a")
    queue = start(work)
    for run_id in "abc":
        queue.submit(run_id)
    assert work.began["a"].wait(SOON_S)
    assert (queue.active(), queue.queued()) == ("a", ("b", "c"))
    assert [queue.position(run_id) for run_id in "abcd"] == [0, 1, 2, None]
    assert not queue.wait("c", 0.01)
    work.released.set()
    assert queue.wait("c", SOON_S)
    assert work.told == ["a ended: None", "b ended: None", "c ended: None"]
    assert (queue.active(), queue.queued(), work.held) == (None, (), set())


def test_a_job_submitted_twice_is_executed_once_and_may_be_submitted_again_later(start: Start) -> None:
    work = FakeWork("a")
    queue = start(work)
    for run_id in "abab":
        queue.submit(run_id)
    work.released.set()
    assert queue.wait("b", SOON_S)
    assert work.told == ["a ended: None", "b ended: None"]
    queue.submit("a")
    assert queue.wait("a", SOON_S)
    assert work.told[2:] == ["a ended: None"]


def test_a_waiting_job_that_is_stopped_never_begins_and_is_let_go(start: Start) -> None:
    work = FakeWork("a")
    queue = start(work)
    for run_id in "abc":
        queue.submit(run_id)
    assert queue.stop("b")
    assert (work.told, queue.position("b"), queue.position("c")) == (["b dropped: person"], None, 1)
    assert work.held == {"a", "c"}
    work.released.set()
    assert queue.wait("c", SOON_S)
    assert work.told == ["b dropped: person", "a ended: None", "c ended: None"]


def test_a_running_job_that_is_stopped_ends_and_the_next_one_is_not_asked_to(start: Start) -> None:
    work = FakeWork("a")
    queue = start(work)
    queue.submit("a")
    queue.submit("b")
    assert work.began["a"].wait(SOON_S)
    assert queue.stop("a")
    assert queue.wait("b", SOON_S)
    assert work.told == ["a ended: person", "b ended: None"]


def test_stopping_what_is_not_here_says_so(start: Start) -> None:
    assert not start(FakeWork()).stop("a")


@pytest.mark.parametrize("fault", [RuntimeError("bug"), SystemExit(3), KeyboardInterrupt()])
def test_a_job_that_raises_costs_only_itself(
    start: Start, fault: BaseException, caplog: pytest.LogCaptureFixture
) -> None:
    work = FakeWork("a", faults={"b": fault})
    queue = start(work)
    for run_id in "abc":
        queue.submit(run_id)
    work.released.set()
    assert queue.wait("c", SOON_S)
    assert work.told == ["a ended: None", "c ended: None"]
    assert "Job b ended with a fault" in caplog.text


def test_a_drop_that_raises_takes_the_job_out_all_the_same(start: Start, caplog: pytest.LogCaptureFixture) -> None:
    work = FakeWork("a", faults={"b": OSError("disk full")})
    queue = start(work)
    queue.submit("a")
    queue.submit("b")
    assert queue.stop("b")
    assert queue.position("b") is None
    assert "disk full" in caplog.text


def test_what_the_work_refuses_is_not_queued_and_does_not_harm_the_queue(start: Start) -> None:
    work = FakeWork()
    queue = start(work)
    with pytest.raises(UserError, match="Refused"):
        queue.submit("refused")
    assert queue.position("refused") is None
    queue.submit("a")
    assert queue.wait("a", SOON_S)
    assert work.told == ["a ended: None"]


def test_shutdown_interrupts_what_runs_and_what_waits_and_takes_nothing_new(start: Start) -> None:
    work = FakeWork("a")
    queue = start(work)
    for run_id in "abc":
        queue.submit(run_id)
    assert work.began["a"].wait(SOON_S)
    queue.shutdown(SOON_S)
    assert sorted(work.told) == ["a ended: shutdown", "b dropped: shutdown", "c dropped: shutdown"]
    assert (queue.active(), queue.queued(), work.held) == (None, (), set())
    with pytest.raises(UserError, match="shuts down"):
        queue.submit("d")


def test_a_person_who_stopped_a_run_just_before_the_shutdown_keeps_the_say(start: Start) -> None:
    work = FakeWork("a")
    queue = start(work)
    queue.submit("a")
    assert work.began["a"].wait(SOON_S)
    queue.stop("a")
    queue.shutdown(SOON_S)
    assert work.told == ["a ended: person"]


def test_shutdown_does_not_wait_for_ever_for_a_job_that_does_not_listen(start: Start) -> None:
    work = FakeWork()
    is_deaf, began = threading.Event(), threading.Event()

    def never_ask(run_id: str, should_stop: ShouldStop) -> None:
        began.set()
        is_deaf.wait(SOON_S)

    work.execute = never_ask
    queue = start(work)
    queue.submit("a")
    assert began.wait(SOON_S)
    queue.shutdown(timeout_s=0.01)
    assert queue.active() == "a"
    is_deaf.set()


def test_shutdown_of_a_queue_that_never_worked_returns_at_once(start: Start) -> None:
    queue = start(FakeWork())
    queue.shutdown()
    queue.shutdown()
    assert queue.active() is None


def test_two_workspaces_share_one_thread_and_take_turns() -> None:
    line = Line()
    greedy, modest = FakeWork("a1"), FakeWork()
    many, few = JobQueue(greedy, line), JobQueue(modest, line)
    for run_id in ("a1", "a2", "a3"):
        many.submit(run_id)
    assert greedy.began["a1"].wait(SOON_S)
    few.submit("b1")
    few.submit("b2")
    assert [many.position(run_id) for run_id in ("a1", "a2", "a3")] == [0, 2, 4]
    assert [few.position(run_id) for run_id in ("b1", "b2")] == [1, 3]
    greedy.released.set()
    assert many.wait("a3", SOON_S)
    line.shutdown()


def test_a_workspace_sees_and_stops_its_own_jobs_alone() -> None:
    line = Line()
    mine, theirs = FakeWork("a"), FakeWork()
    queue, other = JobQueue(mine, line), JobQueue(theirs, line)
    queue.submit("a")
    assert mine.began["a"].wait(SOON_S)
    other.submit("b")
    assert (other.active(), other.queued(), other.position("a"), other.is_busy()) == (None, ("b",), None, True)
    assert (queue.active(), queue.queued(), queue.position("b")) == ("a", (), None)
    assert not other.stop("a")
    assert not queue.stop("b")
    assert other.position("b") == 1
    line.shutdown()
    assert (mine.told, theirs.told) == (["a ended: shutdown"], ["b dropped: shutdown"])
