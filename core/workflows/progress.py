"""Keeps a run's status on disk true while it goes on, and turns a wish to stop into an exception."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import Literal

from core.runs.folder import RunFolder
from core.runs.records import RunError, RunState, RunStatus, utc_now

StopReason = Literal["person", "shutdown"]
ShouldStop = Callable[[], StopReason | None]

WRITE_INTERVAL_S = 0.4
"""Status is written at most this often between steps; a screen polls once per second or slower."""

SETTLING_SHARE = 0.05
"""Share of a step that must be done before the time left is worth saying."""


class StopRequested(Exception):  # noqa: N818 - a request, not an error
    """Somebody wants this run to end; `reason` says who."""

    def __init__(self, reason: StopReason) -> None:
        super().__init__(reason)
        self.reason = reason


class Progress:
    """Where a run stands, told in steps.

    Args:
        folder: the run; its status file is written here and nowhere else while the run goes on.
        should_stop: asked after every unit of work.
    """

    def __init__(self, folder: RunFolder, should_stop: ShouldStop) -> None:
        self._folder = folder
        self._should_stop = should_stop
        self._status = folder.read_status()
        self._seconds = dict(self._status.seconds)
        self._written_at = 0.0
        self._step_started = 0.0
        self._share_before = 0.0

    @property
    def seconds(self) -> dict[str, float]:
        """Seconds per named part so far, earlier sessions of a resumed run included."""
        return dict(self._seconds)

    @contextmanager
    def timed(self, name: str) -> Iterator[None]:
        """Add the seconds the block takes to the part `name` and to "total"."""
        started = time.perf_counter()
        try:
            yield
        finally:
            elapsed_s = time.perf_counter() - started
            for key in (name, "total"):
                self._seconds[key] = self._seconds.get(key, 0.0) + elapsed_s

    def begin(self) -> None:
        """The run starts, or goes on after an interruption."""
        started_at = self._status.started_at or utc_now()
        self._write(replace(self._status, state="running", started_at=started_at, ended_at="", error=None))

    def step(self, text: str, *, share_before: float = 0.0) -> None:
        """A new step begins; a share of it, in [0, 1], may have been done before an interruption."""
        self._step_started, self._share_before = time.perf_counter(), share_before
        self._write(replace(self._status, step=text, done=0, of=0, eta_s=None))
        self.require_going_on()

    def advance(self, done: int, of: int) -> None:
        """So many units of the present step are done; raises StopRequested where somebody wants the run to end."""
        self._status = replace(self._status, done=done, of=of, eta_s=self._eta(done, of))
        if time.perf_counter() - self._written_at > WRITE_INTERVAL_S:
            self._write(self._status)
        self.require_going_on()

    def epochs(self, epoch: int, n_epochs: int) -> None:
        """So many epochs are done, of so many over the whole run."""
        self._write(replace(self._status, epoch=epoch, n_epochs=n_epochs))

    def end(self, state: RunState, *, step: str = "") -> None:
        """The run is over, or interrupted."""
        self._write(replace(self._status, state=state, step=step, eta_s=None, ended_at=utc_now()))

    def fail(self, error: RunError) -> None:
        """The run failed as `error` says."""
        self._write(replace(self._status, state="failed", error=error, eta_s=None, ended_at=utc_now()))

    def finish_anyway(self) -> None:
        """From here on a wish to stop is met already: what is left (evaluating the best so far) is done to the end."""
        self._should_stop = lambda: None

    def require_going_on(self) -> None:
        """Raises StopRequested where somebody wants the run to end."""
        reason = self._should_stop()
        if reason:
            raise StopRequested(reason)

    def _eta(self, done: int, of: int) -> float | None:
        before = self._share_before * of
        new = done - before
        if not of or new <= 0 or new < SETTLING_SHARE * (of - before):
            return None
        return (time.perf_counter() - self._step_started) / new * (of - done)

    def _write(self, status: RunStatus) -> None:
        self._status = replace(status, seconds=tuple(self._seconds.items()))
        self._folder.write_status(self._status)
        self._written_at = time.perf_counter()
