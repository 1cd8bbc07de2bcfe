"""Studies in the background: questions that take a while; they make way for every training."""

from __future__ import annotations

import logging
import threading
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, Protocol

from core.errors import UserError, lack_of
from core.jobs.measuring import one_at_a_time
from core.jobs.study import Progress, Study
from core.jobs.training_jobs import training_queue

StudyState = Literal["waiting", "running", "done", "cancelled", "failed"]
LIVE_STATES: tuple[StudyState, ...] = ("waiting", "running")

POLL_S = 0.2

_logger = logging.getLogger(__name__)
_lock = threading.Lock()
_jobs: dict[tuple[Path, Study], _Job] = {}


@dataclass(frozen=True, kw_only=True, slots=True)
class StudyStatus:
    """One look at a study.

    Attributes:
        state: "waiting" for a training or a measurement, "running", "done" (its answer is on disk), "cancelled" or
            "failed".
        step: what it is doing or waiting for, in words.
        done: units of this step that are done.
        of: units of this step in all; 0 where not known.
        problem: why it failed; empty otherwise.
        remedy: what to do about that.
    """

    state: StudyState
    step: str = ""
    done: int = 0
    of: int = 0
    problem: str = ""
    remedy: str = ""

    @property
    def progress(self) -> float:
        """Share of the present step that is done, in [0, 1]."""
        return min(1.0, self.done / self.of) if self.of else 0.0


class Execute(Protocol):
    """What answers a question and keeps the answer in the workspace."""

    def __call__(self, workspace: Path, study: Study, on_progress: Progress) -> None:
        """Answer it; ends with whatever `on_progress` raises, and loses nothing but time by that."""


def execute_study(workspace: Path, study: Study, on_progress: Progress) -> None:
    """Answer with the workflow of its kind; of data that are deleted meanwhile no answer stays."""
    # Imported here, in the background thread: it brings torch, which takes seconds no page should wait for.
    from core.jobs.study_answers import ANSWERS
    from core.workflows.delete_dataset import forget_answers
    from core.workflows.workspace import Workspace

    place = Workspace(workspace)
    try:
        ANSWERS[study.kind](place, study, on_progress)
    finally:
        if study.dataset_id and not place.datasets.has(study.dataset_id):
            forget_answers(place, study.dataset_id)


def start_study(workspace: Path, study: Study, execute: Execute = execute_study) -> None:
    """Begin a study behind the page; where it is under way already, nothing happens."""
    key = (workspace.resolve(), study)
    with _lock:
        if key not in _jobs or not _jobs[key].is_live:
            _jobs[key] = _Job(key[0], study, execute)


def read_study(workspace: Path, study: Study) -> StudyStatus | None:
    """How a study stands; None where this process was never asked for it."""
    job = _find(workspace, study)
    return job.status if job else None


def cancel_study(workspace: Path, study: Study) -> None:
    """Ask a study to end at its next step; one that is over or was never begun stays as it is."""
    if job := _find(workspace, study):
        job.cancel()


def wait_for_study(workspace: Path, study: Study, timeout_s: float) -> bool:
    """Wait until a study is over; False where the time runs out first."""
    job = _find(workspace, study)
    return job is None or job.wait(timeout_s)


def _find(workspace: Path, study: Study) -> _Job | None:
    with _lock:
        return _jobs.get((workspace.resolve(), study))


class _CancelledError(Exception):
    """A person does not want the answer any more."""


class _MakesWayError(Exception):
    """A training began: what is computed beside it would slow it down, and measure wrong times."""


class _Job:
    """A study in a thread of its own, from its creation to its end.

    Attributes:
        status: where it stands; replaced as a whole, so that any thread may read it.
    """

    def __init__(self, workspace: Path, study: Study, execute: Execute) -> None:
        self.status = StudyStatus(state="waiting", step="Starting")
        self._workspace = workspace
        self._study = study
        self._execute = execute
        self._is_cancelled = threading.Event()
        self._thread = threading.Thread(target=self._run, name="headstart-study", daemon=True)
        self._thread.start()

    @property
    def is_live(self) -> bool:
        return self.status.state in LIVE_STATES

    def cancel(self) -> None:
        self._is_cancelled.set()

    def wait(self, timeout_s: float) -> bool:
        self._thread.join(timeout_s)
        return not self._thread.is_alive()

    def _run(self) -> None:
        try:
            while not self._attempt():
                pass
            self.status = StudyStatus(state="done")
        except _CancelledError:
            self.status = StudyStatus(state="cancelled")
        except UserError as error:
            self.status = StudyStatus(state="failed", problem=error.problem, remedy=error.remedy)
        except Exception as error:  # the border of this thread: a fault of ours must not leave the study live for ever
            if lack := lack_of(error):
                self.status = StudyStatus(state="failed", problem=lack.problem, remedy=lack.remedy)
                return
            _logger.exception("A %s ended with a fault of ours", self._study.kind)
            self.status = StudyStatus(
                state="failed",
                problem="It ended through a fault of the program.",
                remedy="Try it again; the server's log tells what went wrong.",
            )

    def _attempt(self) -> bool:
        """Whether it came to its end; what was computed before it made way is in the cache by then."""
        self._wait_for_turn()
        try:
            self._execute(self._workspace, self._study, self._note)
        except _MakesWayError:
            return False
        finally:
            one_at_a_time.release()
        return True

    def _wait_for_turn(self) -> None:
        """Returns, holding `one_at_a_time`, as soon as nothing else is being computed."""
        while True:
            if self._is_training():
                self.status = StudyStatus(state="waiting", step="Waits for the present training")
            elif one_at_a_time.acquire(blocking=False):
                if not self._is_training():
                    return
                one_at_a_time.release()
            else:
                self.status = StudyStatus(state="waiting", step="Waits for what is being computed now")
            if self._is_cancelled.wait(POLL_S):
                raise _CancelledError

    def _note(self, step: str, done: int, of: int) -> None:
        if self._is_cancelled.is_set():
            raise _CancelledError
        if self._is_training():
            raise _MakesWayError
        self.status = StudyStatus(state="running", step=step, done=done, of=of)

    def _is_training(self) -> bool:
        return training_queue(self._workspace).is_busy()
