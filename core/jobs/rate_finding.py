"""Tries learning rates in the background, never beside a training."""

from __future__ import annotations

import logging
import threading
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from core.errors import UserError, lack_of
from core.jobs.measuring import one_at_a_time
from core.jobs.training_jobs import training_queue

if TYPE_CHECKING:
    from core.workflows.find_learning_rate import RateSearch
    from core.workflows.plan_run import RunPlan

_Key = tuple[object, ...]

_logger = logging.getLogger(__name__)
_lock = threading.Lock()


@dataclass(frozen=True, kw_only=True, slots=True)
class RateFinding:
    """How a search stands.

    Attributes:
        state: "yielded" where a training began, which has the machine for itself.
        step: what is being done.
        done: units of it that are done.
        of: units in all; 0 where they are not counted.
        search: what was found, once it is done.
        error: why it failed, where a person can put that right; None for a fault of ours, which the log explains.
    """

    state: Literal["running", "done", "failed", "yielded"]
    step: str = ""
    done: int = 0
    of: int = 0
    search: RateSearch | None = None
    error: UserError | None = None


_findings: dict[_Key, RateFinding] = {}
_threads: dict[_Key, threading.Thread] = {}


def start_rate_finding(workspace: Path, plan: RunPlan) -> RateFinding:
    """Begin to try rates for a plan, unless that goes on already; called by who pressed a button."""
    key = _key(workspace, plan)
    with _lock:
        found = _findings.get(key)
        if found is not None and found.state == "running":
            return found
        if training_queue(workspace).is_busy():
            _findings[key] = RateFinding(state="yielded")
        else:
            _findings[key] = RateFinding(state="running", step="Waiting for its turn")
            _threads[key] = threading.Thread(
                target=_find, args=(key, workspace, plan), name="headstart-rates", daemon=True
            )
            _threads[key].start()
        return _findings[key]


def rate_finding(workspace: Path, plan: RunPlan) -> RateFinding | None:
    """How the search for a plan stands; None where none was begun.

    What was found stays when only rates, epochs or the patience change: none of them decides what the steps see,
    except for how the rate of the head relates to the others.
    """
    with _lock:
        return _findings.get(_key(workspace, plan))


def wait_for_rates(workspace: Path, plan: RunPlan, timeout_s: float) -> bool:
    """Wait until no search goes on for a plan; False where the time runs out first."""
    with _lock:
        thread = _threads.get(_key(workspace, plan))
    if thread is not None:
        thread.join(timeout_s)
    return thread is None or not thread.is_alive()


class _TrainingBeganError(Exception):
    """Somebody started a training meanwhile."""


def _key(workspace: Path, plan: RunPlan) -> _Key:
    spec = plan.spec
    head_factor = f"{spec.head_learning_rate / spec.learning_rate:.2g}"
    alike = replace(
        spec, learning_rate=1e-4, head_learning_rate=1e-3, warmup_share=0.0, epochs=1, patience=0, reason=""
    )
    return workspace, alike, head_factor


def _find(key: _Key, workspace: Path, plan: RunPlan) -> None:
    # Imported here, in the background: it brings torch, which takes seconds no page should wait for.
    from core.workflows.find_learning_rate import find_learning_rate
    from core.workflows.workspace import Workspace

    def tell(step: str, done: int, of: int) -> None:
        if training_queue(workspace).is_busy():
            raise _TrainingBeganError
        _note(key, RateFinding(state="running", step=step, done=done, of=of))

    try:
        with one_at_a_time:
            search = find_learning_rate(Workspace(workspace), plan, on_progress=tell)
        _note(key, RateFinding(state="done", search=search))
    except _TrainingBeganError:
        _note(key, RateFinding(state="yielded"))
    except UserError as error:
        _note(key, RateFinding(state="failed", error=error))
    except Exception as error:  # the border of this thread
        lack = lack_of(error)
        if lack is None:
            _logger.exception("Trying rates for %s failed", plan.spec.model)
        _note(key, RateFinding(state="failed", error=lack))


def _note(key: _Key, finding: RateFinding) -> None:
    with _lock:
        _findings[key] = finding
