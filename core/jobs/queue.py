"""A queue of jobs as one workspace sees it; knows neither what a job does nor who asks."""

from __future__ import annotations

from core.errors import UserError
from core.jobs.line import Job, Line, Work


class JobQueue:
    """One workspace's side of a line: its jobs wait there with those of others and are executed one at a time.

    All methods may be called from any thread.

    Args:
        work: what is done with each id.
        line: where the jobs stand; one of its own where none is given.
    """

    def __init__(self, work: Work, line: Line | None = None) -> None:
        self._work = work
        self._line = line or Line()

    def submit(self, run_id: str) -> None:
        """Put a job at the end of the queue; one that waits or runs already stays where it is.

        Raises:
            UserError: the program is shutting down, or the work refuses the id.
        """
        with self._line.changed:
            if self._line.is_closed:
                raise UserError("Nothing new can start while the program shuts down.", "Start it again first.")
            if self._find(run_id) is None:
                self._line.add(Job(run_id, self._work))

    def stop(self, run_id: str) -> bool:
        """Take a waiting job out of the queue, or ask a running one to end; False where neither is here."""
        with self._line.changed:
            job = self._find(run_id)
            if job is None:
                return False
            self._line.end(job, "person")
            return True

    def active(self) -> str | None:
        """The id that is executed now, if it is one of this workspace."""
        with self._line.changed:
            job = self._line.active
            return job.run_id if job and job.work is self._work else None

    def is_busy(self) -> bool:
        """Whether anything is executed now, of whatever workspace."""
        with self._line.changed:
            return self._line.active is not None

    def queued(self) -> tuple[str, ...]:
        """The ids of this workspace that wait, next one first."""
        with self._line.changed:
            return tuple(job.run_id for job in self._line.in_turn() if job.work is self._work)

    def position(self, run_id: str) -> int | None:
        """How many jobs come before this one, those of other workspaces too: 0 for the running one; None: not here."""
        with self._line.changed:
            ahead = ([self._line.active] if self._line.active else []) + self._line.in_turn()
            return next((place for place, job in enumerate(ahead) if self._is(job, run_id)), None)

    def wait(self, run_id: str, timeout_s: float) -> bool:
        """Wait until a job neither waits nor runs here; False where that took longer than `timeout_s`."""
        with self._line.changed:
            return self._line.changed.wait_for(lambda: self._find(run_id) is None, timeout_s)

    def shutdown(self, timeout_s: float = 10.0) -> None:
        """Interrupt the whole line for the end of the process."""
        self._line.shutdown(timeout_s)

    def _find(self, run_id: str) -> Job | None:
        return next((job for job in self._line.all() if self._is(job, run_id)), None)

    def _is(self, job: Job, run_id: str) -> bool:
        return job.run_id == run_id and job.work is self._work
