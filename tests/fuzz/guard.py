"""Watches a process while hostile input is read: what it writes, starts and unpickles, and the memory it takes."""

from __future__ import annotations

import os
import sys
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

WRITING = os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_TRUNC | os.O_APPEND
MADE = {"os.mkdir": 0, "os.rename": 1, "os.link": 1, "os.symlink": 1, "os.remove": 0, "os.rmdir": 0, "os.truncate": 0,
        "os.chmod": 0, "os.utime": 0, "shutil.rmtree": 0}  # fmt: skip
"""Events that change the disk, and which of their arguments says where."""

FORBIDDEN = frozenset({"subprocess.Popen", "os.system", "os.exec", "os.posix_spawn", "os.spawn", "os.fork",
                       "socket.connect", "pickle.find_class", "webbrowser.open"})  # fmt: skip
"""Nothing that reads hostile input may do any of these."""


class Guard:
    """An audit hook for this process that takes notes while it is on; Python has no way to remove one.

    Args:
        allowed: folders in which files may be made, changed and removed.
    """

    def __init__(self, allowed: Sequence[Path]) -> None:
        self._allowed = tuple(os.path.realpath(folder) for folder in allowed)
        self._is_on = False
        self._notes: list[str] = []
        self._busy = threading.local()
        sys.addaudithook(self._hear)

    @contextmanager
    def watching(self) -> Iterator[list[str]]:
        """Gives the list of forbidden things that happened in the block."""
        self._notes = []
        self._is_on = True
        try:
            yield self._notes
        finally:
            self._is_on = False

    def _hear(self, event: str, args: tuple[object, ...]) -> None:
        if not self._is_on or getattr(self._busy, "now", False):
            return
        self._busy.now = True  # realpath and repr may be heard themselves
        try:
            if event in FORBIDDEN:
                self._notes.append(f"{event}{args!r}"[:300])
            elif event == "open":
                path, _, flags = args
                if isinstance(flags, int) and flags & WRITING and not isinstance(path, int):
                    self._require_inside(event, path)
            elif event in MADE:
                self._require_inside(event, args[MADE[event]], folder=args[-1])
        finally:
            self._busy.now = False

    def _require_inside(self, event: str, path: object, folder: object = None) -> None:
        if not isinstance(path, str | bytes | os.PathLike):
            return
        if isinstance(folder, int) and folder >= 0:  # the path is meant from an open folder on
            path = os.path.join(os.readlink(f"/proc/self/fd/{folder}"), os.fsdecode(path))
        # the last part itself may be a link that is replaced, so only its folder is followed
        above, name = os.path.split(os.path.abspath(os.fsdecode(path)))
        place = os.path.join(os.path.realpath(above), name)
        if place != os.devnull and not any(place == root or place.startswith(root + os.sep) for root in self._allowed):
            self._notes.append(f"{event}: {place}"[:300])


def peak_memory_mb(*, begin: bool) -> float:
    """The most memory this process had since it was last asked to begin; Linux keeps that mark and lets it be reset.

    Args:
        begin: forget what was before, and give what is now.
    """
    if begin:
        Path("/proc/self/clear_refs").write_text("5")
    for line in Path("/proc/self/status").read_text().splitlines():
        if line.startswith("VmHWM:"):
            return int(line.split()[1]) / 1024
    raise RuntimeError("the peak of memory is not known on this system")


def snapshot(root: Path) -> dict[str, tuple[int, int]]:
    """Every file and folder below a root with its size and time."""
    found = {}
    for folder, _, files in os.walk(root):
        for name in [*files, "."]:
            path = os.path.join(folder, name)
            status = os.lstat(path)
            found[path] = (status.st_size, status.st_mtime_ns)
    return found


class Clock:
    """Seconds of the processor, which do not count what other programs take."""

    def __init__(self) -> None:
        self._started = time.process_time()

    @property
    def seconds(self) -> float:
        """Since it was made."""
        return time.process_time() - self._started
