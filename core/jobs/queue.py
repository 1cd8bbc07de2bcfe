"""A queue of jobs that one background thread works off; knows neither what a job does nor who asks."""

from __future__ import annotations

import logging
import threading
from collections import deque
from collections.abc import Callable
from contextlib import AbstractContextManager, ExitStack
from typing import Literal, Protocol

from core.errors import UserError

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


class JobQueue:
    """Executes one job at a time, in the order of submission, on a daemon thread that starts with the first job.

    All methods may be called from any thread.

    Args:
        work: what is done with each id.
    """

    def __init__(self, work: Work) -> None:
        self._work = work
        self._changed = threading.Condition()  # guards all that follows
        self._waiting: deque[_Job] = deque()
        self._active: _Job | None = None
        self._thread: threading.Thread | None = None
        self._is_closed = False

    def submit(self, run_id: str) -> None:
        """Put a job at the end of the queue; one that waits or runs already stays where it is.

        Raises:
            UserError: the program is shutting down, or the work refuses the id.
        """
        with self._changed:
            if self._is_closed:
                raise UserError("Nothing new can start while the program shuts down.", "Start it again first.")
            if self._find(run_id) is None:
                self._waiting.append(_Job(run_id, self._work))
                self._ensure_thread()
                self._changed.notify_all()

    def stop(self, run_id: str) -> bool:
        """Take a waiting job out of the queue, or ask a running one to end; False where neither is here."""
        with self._changed:
            job = self._find(run_id)
            if job is None:
                return False
            job.stop_reason = job.stop_reason or "person"
            if job in self._waiting:
                self._drop(job)
            return True

    def active(self) -> str | None:
        """The id that is executed now."""
        with self._changed:
            return self._active.run_id if self._active else None

    def queued(self) -> tuple[str, ...]:
        """The ids that wait, next one first."""
        with self._changed:
            return tuple(job.run_id for job in self._waiting)

    def position(self, run_id: str) -> int | None:
        """How many jobs come before this one: 0 for the running one; None where it is not here."""
        with self._changed:
            ahead = ([self._active] if self._active else []) + list(self._waiting)
            return next((place for place, job in enumerate(ahead) if job.run_id == run_id), None)

    def wait(self, run_id: str, timeout_s: float) -> bool:
        """Wait until a job neither waits nor runs here; False where that took longer than `timeout_s`."""
        with self._changed:
            return self._changed.wait_for(lambda: self._find(run_id) is None, timeout_s)

    def shutdown(self, timeout_s: float = 10.0) -> None:
        """Interrupt everything for the end of the process; a job that does not end in time dies with the thread."""
        with self._changed:
            self._is_closed = True
            for job in (*self._waiting, *([self._active] if self._active else [])):
                job.stop_reason = job.stop_reason or "shutdown"
            for job in tuple(self._waiting):
                self._drop(job)
            self._changed.notify_all()
        if self._thread and self._thread is not threading.current_thread():
            self._thread.join(timeout_s)

    def _find(self, run_id: str) -> _Job | None:
        here = (*self._waiting, *([self._active] if self._active else []))
        return next((job for job in here if job.run_id == run_id), None)

    def _drop(self, job: _Job) -> None:
        self._waiting.remove(job)
        try:
            job.drop()
        except Exception:
            _logger.exception("Job %s could not be noted as dropped", job.run_id)
        self._changed.notify_all()

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
            with self._changed:
                self._active = None
                self._changed.notify_all()

    def _begin_next(self) -> _Job | None:
        with self._changed:
            self._changed.wait_for(lambda: self._waiting or self._is_closed)
            self._active = self._waiting.popleft() if self._waiting else None
            return self._active


class _Job:
    """One id on its way through the queue; the work's hold on it lasts from here to `execute` or `drop`."""

    def __init__(self, run_id: str, work: Work) -> None:
        self.run_id = run_id
        self.stop_reason: StopReason | None = None
        self._work = work
        self._hold = ExitStack()
        self._hold.enter_context(work.hold(run_id))

    def execute(self) -> None:
        with self._hold:
            self._work.execute(self.run_id, lambda: self.stop_reason)

    def drop(self) -> None:
        with self._hold:
            self._work.drop(self.run_id, self.stop_reason or "person")
