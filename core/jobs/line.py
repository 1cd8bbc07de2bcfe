"""The line of a process: jobs of all workspaces, worked off by one thread, each workspace in its turn."""

from __future__ import annotations

import logging
import threading
from collections import Counter
from collections.abc import Callable
from contextlib import AbstractContextManager, ExitStack
from typing import Literal, Protocol

StopReason = Literal["person", "shutdown"]
ShouldStop = Callable[[], StopReason | None]

_logger = logging.getLogger(__name__)


class Work(Protocol):
    """What a queue does with the ids handed to it."""

    def hold(self, run_id: str) -> AbstractContextManager[None]:
        """Entered when the id is submitted, left when nothing more will be done with it; refuses by raising."""

    def execute(self, run_id: str, should_stop: ShouldStop) -> None:
        """Do it, in the background thread; asks `should_stop` now and then and ends soon where it gives a reason."""

    def drop(self, run_id: str, reason: StopReason) -> None:
        """Note that it was taken out of the queue before it began."""


class Line:
    """Executes one job at a time, on a daemon thread that starts with the first job.

    Attributes:
        changed: guards all that follows; whoever calls a method below holds it, `shutdown` apart.
        active: the job that is executed now.
        is_closed: nothing new may come.
    """

    def __init__(self) -> None:
        self.changed = threading.Condition()
        self.active: Job | None = None
        self.is_closed = False
        self._waiting: list[Job] = []
        self._thread: threading.Thread | None = None

    def add(self, job: Job) -> None:
        """Put a job behind the others of its workspace."""
        self._waiting.append(job)
        self._ensure_thread()
        self.changed.notify_all()

    def end(self, job: Job, reason: StopReason) -> None:
        """Take a job out where it waits, ask it to end where it runs."""
        job.stop_reason = job.stop_reason or reason
        if job in self._waiting:
            self._drop(job)

    def all(self) -> tuple[Job, ...]:
        """Every job that waits or runs."""
        return (*self._waiting, *([self.active] if self.active else []))

    def in_turn(self) -> list[Job]:
        """The waiting jobs, next one first: those with the fewest of their own workspace before them, then the oldest.

        So a class of thirty gets thirty first runs before anybody's second one, however many one of them submits.
        """
        before = Counter({id(self.active.work): 1} if self.active else {})
        turns: list[int] = []
        for job in self._waiting:
            turns.append(before[id(job.work)])
            before[id(job.work)] += 1
        return [self._waiting[place] for place in sorted(range(len(turns)), key=lambda place: (turns[place], place))]

    def shutdown(self, timeout_s: float = 10.0) -> None:
        """Interrupt everything for the end of the process; a job that does not end in time dies with the thread."""
        with self.changed:
            self.is_closed = True
            for job in self.all():
                self.end(job, "shutdown")
            self.changed.notify_all()
        if self._thread and self._thread is not threading.current_thread():
            self._thread.join(timeout_s)

    def _drop(self, job: Job) -> None:
        self._waiting.remove(job)
        try:
            job.drop()
        except Exception:
            _logger.exception("Job %s could not be noted as dropped", job.run_id)
        self.changed.notify_all()

    def _ensure_thread(self) -> None:
        if self._thread is None:
            # A daemon, because the process must be able to end while a job does not.
            self._thread = threading.Thread(target=self._work_off, name="headstart-jobs", daemon=True)
            self._thread.start()

    def _work_off(self) -> None:
        while (job := self._begin_next()) is not None:
            try:
                job.execute()
            except BaseException:  # SystemExit of a library too must cost one job, never the thread
                _logger.exception("Job %s ended with a fault of ours", job.run_id)
            with self.changed:
                self.active = None
                self.changed.notify_all()

    def _begin_next(self) -> Job | None:
        with self.changed:
            self.changed.wait_for(lambda: self._waiting or self.is_closed)
            self.active = next(iter(self.in_turn()), None)
            if self.active:
                self._waiting.remove(self.active)
            return self.active


class Job:
    """One id on its way through the line; the work's hold on it lasts from here to `execute` or `drop`."""

    def __init__(self, run_id: str, work: Work) -> None:
        self.run_id = run_id
        self.work = work
        self.stop_reason: StopReason | None = None
        self._hold = ExitStack()
        self._hold.enter_context(work.hold(run_id))

    def execute(self) -> None:
        """Do it, in the thread of the line."""
        with self._hold:
            self.work.execute(self.run_id, lambda: self.stop_reason)

    def drop(self) -> None:
        """Note that it was taken out before it began."""
        with self._hold:
            self.work.drop(self.run_id, self.stop_reason or "person")
