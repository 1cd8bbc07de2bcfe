"""Writing files so that a reader, or a machine that loses power, never meets half of one."""

from __future__ import annotations

import os
import time
import uuid
from collections.abc import Callable
from pathlib import Path

PARTIAL_PREFIX = ".partial-"
_RENAME_TRIES = 20
_RENAME_PAUSE_S = 0.02


def replace_file(path: Path, writer: Callable[[Path], None]) -> None:
    """Let `writer` fill a new file beside `path`, bring it to the disk, then put it in the place of `path`.

    Where `writer` raises, `path` is as it was before.

    Args:
        path: the file to write; its folder is made where missing.
        writer: gets the path to write to, which ends like `path` does.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    partial = path.with_name(f"{PARTIAL_PREFIX}{uuid.uuid4().hex}-{path.name}")
    try:
        writer(partial)
        _flush_to_disk(partial)
        _rename_over(partial, path)
    finally:
        partial.unlink(missing_ok=True)


def remove_partial_files(folder: Path) -> None:
    """Remove what killed writers left behind in `folder`; for its only writer, before it starts."""
    for partial in folder.glob(f"{PARTIAL_PREFIX}*"):
        partial.unlink(missing_ok=True)


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
