"""Measures in the background what the estimate of a run rests on, so that no page waits for it."""

from __future__ import annotations

import logging
import threading
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from core.jobs.training_jobs import training_queue

if TYPE_CHECKING:
    from core.workflows.plan_run import RunPlan

MeasuringState = Literal["measuring", "waiting", "failed"]
_Key = tuple[Path, str, str, int, str]

_logger = logging.getLogger(__name__)
_lock = threading.Lock()
one_at_a_time = threading.Lock()
"""Held by whoever computes behind a page: two at once would slow down and measure each other."""

_threads: dict[_Key, threading.Thread] = {}
_failed: set[_Key] = set()


def start_measuring(workspace: Path, plan: RunPlan) -> MeasuringState:
    """Measure what `known_estimate` lacks for a plan, once; called again, it tells how that stands.

    Returns:
        "waiting" while a training runs, which would make everything look slow and be slowed down itself; "failed"
        where it cannot be measured, which the log explains.
    """
    key = _key(workspace, plan)
    with _lock:
        if key in _failed:
            return "failed"
        if key not in _threads or not _threads[key].is_alive():
            if training_queue(workspace).is_busy():
                return "waiting"
            _threads[key] = threading.Thread(target=_measure, args=(key, plan), name="headstart-measuring", daemon=True)
            _threads[key].start()
    return "measuring"


def wait_for_measuring(workspace: Path, plan: RunPlan, timeout_s: float) -> bool:
    """Wait until nothing is being measured for a plan; False where the time runs out first."""
    with _lock:
        thread = _threads.get(_key(workspace, plan))
    if thread is not None:
        thread.join(timeout_s)
    return thread is None or not thread.is_alive()


def _key(workspace: Path, plan: RunPlan) -> _Key:
    spec = plan.spec
    return workspace, spec.dataset_id, spec.model, spec.image_size_px, spec.precision


def _measure(key: _Key, plan: RunPlan) -> None:
    # Imported here, in the background: it brings torch, which takes seconds no page should wait for.
    from core.workflows.estimate_run import estimate_run
    from core.workflows.workspace import Workspace

    try:
        with one_at_a_time:
            estimate_run(Workspace(key[0]), plan)
    except Exception:  # the border of this thread; without an estimate everything else works as before
        _logger.exception("Measuring %s failed", plan.spec.model)
        with _lock:
            _failed.add(key)
