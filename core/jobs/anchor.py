"""The one line of a process and its queue per workspace, kept where no reload of our code or cleared cache reaches."""

from __future__ import annotations

import concurrent.futures.thread  # noqa: F401 - its own farewell must be registered before ours, see _say_farewell
import sys
import threading
from collections.abc import Callable
from pathlib import Path
from types import ModuleType

from core.jobs.line import Line, Work
from core.jobs.queue import JobQueue

# A module without a file is never evicted by a server that reloads edited sources, while the globals of this one are.
_anchor = sys.modules.setdefault("_headstart_jobs", ModuleType("_headstart_jobs"))
_lock: threading.Lock = _anchor.__dict__.setdefault("lock", threading.Lock())
_queues: dict[Path, JobQueue] = _anchor.__dict__.setdefault("queues", {})


def get_queue(workspace: Path, build_work: Callable[[Path], Work]) -> JobQueue:
    """The queue of this process for a workspace; the same object on every call, shut down when the process ends.

    Args:
        workspace: the folder the jobs work in.
        build_work: called once, at the first call for this workspace, with its resolved path.
    """
    root = workspace.resolve()
    with _lock:
        if root not in _queues:
            _queues[root] = JobQueue(build_work(root), _line())
        return _queues[root]


def shut_down() -> None:
    """Interrupt what runs and waits in this process, for whoever ends it otherwise than by its last line."""
    with _lock:
        line: Line | None = _anchor.__dict__.get("line")
    if line is not None:
        line.shutdown()


def drop_queues(timeout_s: float = 10.0) -> None:
    """Shut down and forget all queues, so that the next `get_queue` builds anew; for tests, between two of them."""
    with _lock:
        dropped = list(_queues.values())
        _queues.clear()
        _anchor.__dict__.pop("line", None)
    for queue in dropped:
        queue.shutdown(timeout_s)


def _line() -> Line:
    """Where the jobs of all workspaces stand: the processor is one, however many people share it."""
    if "line" not in _anchor.__dict__:
        line = Line()
        _say_farewell(line.shutdown)
        _anchor.__dict__["line"] = line
    found: Line = _anchor.__dict__["line"]
    return found


def _say_farewell(shutdown: Callable[[], None]) -> None:
    """Have the jobs interrupted while thread pools still work.

    `atexit` comes too late: pools refuse work before it, and a job that needs one would fail instead of being
    interrupted. The last one registered here is called first, so those of the pools come after ours.
    """
    threading._register_atexit(shutdown)  # type: ignore[attr-defined]
