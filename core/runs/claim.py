"""The claim on a run: a lock of one process that the operating system lifts when the process ends, however it ends."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from filelock import FileLock, Timeout

from core.errors import RunFolderError

_POLL_S = 0.01
_CLAIM_WAIT_S = 2.0
_PROBE_WAIT_S = 0.05
"""Probes hold the lock for microseconds, so this tells another probe from a real holder; a claim waits far longer."""


@contextmanager
def hold_claim(path: Path) -> Iterator[bool]:
    """Hold the lock file `path` for this process; gives whether the process did not hold it before.

    The claim belongs to the process, not to a thread or a call: who waits with a run in a queue and who executes it
    later in another thread may both hold it, and it is free when the last of them lets go.

    Raises:
        RunFolderError: another process holds it.
    """
    # A singleton of the lock library, kept there rather than here, outlives a reload of this module.
    lock = FileLock(path, is_singleton=True, thread_local=False)
    try:
        lock.acquire(timeout=_CLAIM_WAIT_S, poll_interval=_POLL_S)
    except Timeout as error:
        raise RunFolderError(
            f"Only one program may work on a run at a time; another one holds {path.parent.name}.",
            "Wait until it is done, or stop the run there.",
        ) from error
    try:
        yield lock.lock_counter == 1
    finally:
        lock.release()


@contextmanager
def probe_claim(path: Path) -> Iterator[bool]:
    """Whether nobody at all held the lock file `path`, this process included; where so, nobody can while inside."""
    if FileLock(path, is_singleton=True, thread_local=False).is_locked:  # by this process: no need to wait for that
        yield False
        return
    lock = FileLock(path, is_singleton=False, thread_local=False)
    try:
        lock.acquire(timeout=_PROBE_WAIT_S, poll_interval=_POLL_S)
    except Timeout:
        yield False
        return
    try:
        yield True
    finally:
        lock.release()
