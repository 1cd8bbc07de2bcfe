"""Paths that people type: whatever was typed, it is there or it is not."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path


def is_file(path: Path) -> bool:
    """Whether a file is there; False as well where the system refuses to look, because the name is too long."""
    try:
        return path.is_file()
    except (OSError, ValueError):
        return False


def is_folder(path: Path) -> bool:
    """The same for a folder."""
    try:
        return path.is_dir()
    except (OSError, ValueError):
        return False


def files_below(folder: Path) -> Iterator[tuple[str, os.stat_result]]:
    """All files in a folder, however deep, with the facts about each.

    Links are not followed, and what vanishes or refuses is left out.
    """
    waiting = [os.fspath(folder)]  # not one call in another: folders may lie deeper in each other than calls may
    while waiting:
        with suppress(OSError), os.scandir(waiting.pop()) as items:
            for item in items:
                if item.is_dir(follow_symlinks=False):
                    waiting.append(item.path)
                    continue
                with suppress(OSError):
                    yield item.path, item.stat(follow_symlinks=False)
