"""Trainings as jobs: the queue joined with the workflow that executes a run."""

from __future__ import annotations

import traceback
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Protocol

from core.errors import RunFolderError
from core.jobs.anchor import get_queue
from core.jobs.line import ShouldStop, StopReason
from core.jobs.queue import JobQueue
from core.runs.folder import RunFolder
from core.runs.records import FAULT, LIVE_STATES, RunError, RunState, utc_now
from core.runs.store import RunStore


def submit_training(workspace: Path, run_id: str) -> None:
    """Queue a run that was created or interrupted; it goes on whatever happens to the page that asked.

    Raises:
        UserError: there is no such run, it is finished, another program holds it, or this one shuts down.
    """
    training_queue(workspace).submit(run_id)


def stop_training(workspace: Path, run_id: str) -> None:
    """Stop a run, keeping the best so far, wherever it waits or runs: here or in another process."""
    if training_queue(workspace).stop(run_id):
        return
    folder = RunStore(workspace).get(run_id)
    if folder.read_status().state in LIVE_STATES:
        folder.request_stop()


def training_queue(workspace: Path) -> JobQueue:
    """This process's queue of trainings; the first call marks what a dead process left behind as interrupted."""
    return get_queue(workspace, _take_over)


class Execute(Protocol):
    """What executes a run and stores in it all that happens, errors included."""

    def __call__(self, store_root: Path, run_id: str, *, should_stop: ShouldStop) -> None:
        """Execute the run to its end, or until `should_stop` gives a reason."""


def execute_training(store_root: Path, run_id: str, *, should_stop: ShouldStop) -> None:
    """Execute a run with the workflow."""
    # Imported here, in the background thread: it brings torch, which takes seconds no page should wait for.
    from core.workflows.train_run import execute_run

    execute_run(store_root, run_id, should_stop=should_stop)


class TrainingWork:
    """What the queue does with a run: claims it, keeps its status true, executes it.

    Args:
        workspace: the folder the runs lie in.
        execute: what executes a run.
    """

    def __init__(self, workspace: Path, execute: Execute = execute_training) -> None:
        self._store = RunStore(workspace)
        self._execute = execute

    @contextmanager
    def hold(self, run_id: str) -> Iterator[None]:
        """Claim the run for this process and show it as queued."""
        folder = self._store.get(run_id)
        self._store.require_short_queue(but=run_id)
        with folder.claim():
            status = folder.read_status()
            if status.state == "finished":
                raise RunFolderError("A finished run cannot be started again.", "Start a new one with its settings.")
            folder.clear_stop()
            folder.write_status(
                replace(status, state="queued", step="", done=0, of=0, eta_s=None, ended_at="", error=None)
            )
            yield

    def execute(self, run_id: str, should_stop: ShouldStop) -> None:
        """Execute the run to its end, or until somebody asks for that; it never stays "running" after that."""
        folder = self._store.get(run_id)
        try:
            self._execute(self._store.root, run_id, should_stop=should_stop)
        except BaseException:
            if folder.read_status().state in LIVE_STATES:  # a fault before the workflow could store it in the run
                folder.append_log(traceback.format_exc())
                _end(folder, "failed", FAULT)
            raise

    def drop(self, run_id: str, reason: StopReason) -> None:
        """Show the run as stopped by a person or, where the program ends, as one that can be resumed."""
        _end(self._store.get(run_id), "stopped" if reason == "person" else "interrupted")


def _end(folder: RunFolder, state: RunState, error: RunError | None = None) -> None:
    folder.write_status(replace(folder.read_status(), state=state, eta_s=None, ended_at=utc_now(), error=error))


def _take_over(workspace: Path) -> TrainingWork:
    RunStore(workspace).reconcile()
    return TrainingWork(workspace)
