"""Writing files so that a reader, or a machine that loses power, never meets half of one."""

from __future__ import annotations

import glob
import os
import shutil
import time
import uuid
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from fnmatch import filter as matching
from pathlib import Path

from filelock import FileLock

PARTIAL_PREFIX = ".partial-"
LEFTOVERS = (f"{PARTIAL_PREFIX}*", ".tmp*")
"""What a killed writer leaves: our own drafts, and those that safetensors makes beside what it shall write."""

ABANDONED_AFTER_S = 24 * 3600.0
"""What was not written to for so long belongs to a process that is gone."""

_RENAME_TRIES = 20
_RENAME_PAUSE_S = 0.02


def replace_file(path: Path, writer: Callable[[Path], None], *, is_dear: bool = True) -> None:
    """Let `writer` fill a new file beside `path`, bring it to the disk, then put it in the place of `path`.

    Where `writer` raises, `path` is as it was before.

    Args:
        path: the file to write; its folder is made where missing.
        writer: gets the path to write to, which ends like `path` does.
        is_dear: whether to wait for the disk (milliseconds), so that not even a loss of power costs the content.
    """
    if not path.parent.is_dir():
        path.parent.mkdir(parents=True, exist_ok=True)
    partial = path.with_name(f"{PARTIAL_PREFIX}{uuid.uuid4().hex}-{path.name}")
    try:
        writer(partial)
        if is_dear:
            _flush_to_disk(partial)
            # Where the file lies in a folder of the person's, nobody else would clear what a killed writer left of it.
            remove_abandoned(path.parent, f"{PARTIAL_PREFIX}*-{glob.escape(path.name)}")
        _rename_over(partial, path)
    finally:
        partial.unlink(missing_ok=True)


def replace_bytes(path: Path, content: bytes, *, is_dear: bool = True) -> None:
    """Put `content` in the place of a file, all or nothing; see `replace_file`."""
    replace_file(path, lambda partial: _write(partial, content), is_dear=is_dear)


@contextmanager
def changing(path: Path) -> Iterator[None]:
    """Hold a file while it is read, changed and written back; who else wants to waits, in any thread or process."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with FileLock(path.with_name(f"{path.name}.lock"), thread_local=False):
        yield


def remove_partial_files(folder: Path) -> None:
    """Remove what killed writers left behind in `folder`; for its only writer, before it starts."""
    for pattern in LEFTOVERS:
        for partial in folder.glob(pattern):
            partial.unlink(missing_ok=True)


def remove_abandoned(root: Path, *patterns: str, older_than_s: float = ABANDONED_AFTER_S) -> None:
    """Remove files and folders below `root` that match a pattern and that nobody can be writing to any more.

    Args:
        root: where to look; need not exist.
        patterns: as `Path.glob` takes them, without "**".
        older_than_s: for how long they were not written to.
    """
    _remove_old((path for pattern in patterns for path in [*root.glob(pattern)]), older_than_s)


def remove_abandoned_files(root: Path, *names: str, older_than_s: float = ABANDONED_AFTER_S) -> None:
    """The same for files however deep below `root`, by patterns of their names.

    One walk for all names, which takes a folder that vanishes meanwhile for an empty one; `Path.glob` raises there.
    """
    found = (
        Path(folder, file) for folder, _, files in os.walk(root) for name in names for file in matching(files, name)
    )
    _remove_old(found, older_than_s)


def _remove_old(paths: Iterable[Path], older_than_s: float) -> None:
    before = time.time() - older_than_s
    for path in paths:
        if _written_at(path) < before:
            _remove(path)


def _written_at(path: Path) -> float:
    try:
        return path.stat().st_mtime
    except FileNotFoundError:  # its writer, or another process that clears up, was faster
        return time.time()


def _remove(path: Path) -> None:
    if path.is_dir():
        shutil.rmtree(path, ignore_errors=True)
    else:
        path.unlink(missing_ok=True)


def _write(path: Path, content: bytes) -> None:
    path.write_bytes(content)


def _flush_to_disk(path: Path) -> None:
    with path.open("rb+") as file:
        os.fsync(file.fileno())


def _rename_over(source: Path, target: Path) -> None:
    # Windows refuses to replace a file while somebody reads it; readers are done within milliseconds.
    for _ in range(_RENAME_TRIES if os.name == "nt" else 0):
        try:
            source.replace(target)
        except PermissionError:
            time.sleep(_RENAME_PAUSE_S)
        else:
            return
    source.replace(target)
