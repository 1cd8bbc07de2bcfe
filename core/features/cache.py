"""The shelf for arrays that are dear to compute: whole folders under a content key, memory-mapped when read."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
from numpy.lib.format import open_memmap
from numpy.typing import DTypeLike, NDArray

from core.settings import limit

DISK_SHARE = 0.9
"""How much of a disk's free space is taken at most."""

DRAFT_PREFIX = "draft-"
ABANDONED_AFTER_S = 24 * 3600.0
IN_USE_S = 600.0
"""An entry used more recently than this may belong to a run that goes on."""


def cache_key(**parts: object) -> str:
    """One hash over everything that decides the content; equal parts give equal keys.

    Args:
        parts: JSON-like values; anything else counts by its `repr`.
    """
    text = json.dumps(parts, sort_keys=True, default=repr)
    return hashlib.sha256(text.encode()).hexdigest()[:32]


class ArrayCache:
    """Named arrays under a key, on disk.

    An entry appears whole or not at all: it is written beside its place and renamed. Deleting the folder is always
    safe, it only costs time.

    Args:
        root: folder that holds the entries.
        budget_bytes: what the entries may take up together; the least recently used go first; None: see settings.
    """

    def __init__(self, root: Path, *, budget_bytes: int | None = None) -> None:
        self._root = root
        self._budget_bytes = limit("cache") if budget_bytes is None else budget_bytes

    @property
    def budget_bytes(self) -> int:
        """What the entries may take up together."""
        return self._budget_bytes

    @property
    def room_bytes(self) -> int:
        """What one more entry may take: within the budget, and without filling the disk."""
        place = next(folder for folder in (self._root, *self._root.parents) if folder.exists())
        return min(self._budget_bytes, int(DISK_SHARE * shutil.disk_usage(place).free))

    @property
    def changed_ns(self) -> int:
        """When an entry last came or went; 0 where there never was one."""
        return self._root.stat().st_mtime_ns if self._root.exists() else 0

    def has(self, key: str) -> bool:
        """Whether there is such an entry; asking does not count as using it."""
        return (self._root / key).is_dir()

    def keys(self, prefix: str) -> tuple[str, ...]:
        """Keys of the entries that begin with `prefix`, sorted; asking does not count as using them."""
        return tuple(sorted(path.name for path in self._root.glob(f"{prefix}*")))

    def get(self, key: str) -> dict[str, NDArray[Any]] | None:
        """The arrays of an entry, memory-mapped and read-only, or None where there is no such entry."""
        folder = self.folder(key)
        if folder is None:
            return None
        return {path.stem: np.load(path, mmap_mode="r") for path in sorted(folder.glob("*.npy"))}

    def require(self, key: str) -> dict[str, NDArray[Any]]:
        """As `get`, for an entry that was just written; raises FileNotFoundError where it is gone again."""
        entry = self.get(key)
        if entry is None:
            raise FileNotFoundError(f"the cache entry {key} vanished while it was in use")
        return entry

    def folder(self, key: str) -> Path | None:
        """Where an entry's files lie, or None where there is no such entry."""
        folder = self._root / key
        if not folder.is_dir():
            return None
        os.utime(folder)
        return folder

    def require_folder(self, key: str) -> Path:
        """As `folder`, for an entry that was just written; raises FileNotFoundError where it is gone again."""
        folder = self.folder(key)
        if folder is None:
            raise FileNotFoundError(f"the cache entry {key} vanished while it was in use")
        return folder

    def remove(self, key: str) -> None:
        """Take an entry off the disk; whoever has it open may go on reading."""
        shutil.rmtree(self._root / key, ignore_errors=True)

    @contextmanager
    def writing(self, key: str) -> Iterator[Path]:
        """A folder to save `NAME.npy` files in; it becomes the entry when the block ends without an error."""
        self._root.mkdir(parents=True, exist_ok=True)
        draft = Path(tempfile.mkdtemp(prefix=DRAFT_PREFIX, dir=self._root))
        try:
            yield draft
            self._publish(draft, self._root / key)
        finally:
            shutil.rmtree(draft, ignore_errors=True)
        self._make_room()

    @staticmethod
    def _publish(draft: Path, place: Path) -> None:
        try:
            draft.rename(place)
        except OSError:
            if not place.is_dir():  # another process may have published the same content first: equally good
                raise

    def _make_room(self) -> None:
        """Remove what a killed process left unfinished, and the entries unused for longest if there are too many."""
        now = time.time()
        entries = sorted(filter(None, map(_entry_on_disk, self._root.iterdir())))
        taken_bytes = sum(n_bytes for _, _, n_bytes in entries)
        for used_at, path, n_bytes in entries:
            age_s = now - used_at
            is_abandoned = path.name.startswith(DRAFT_PREFIX) and age_s > ABANDONED_AFTER_S
            is_too_much = taken_bytes > self._budget_bytes and age_s > IN_USE_S
            if is_abandoned or is_too_much:
                shutil.rmtree(path, ignore_errors=True)  # open maps stay readable, or on Windows keep their file
                taken_bytes -= n_bytes


def _entry_on_disk(path: Path) -> tuple[float, Path, int] | None:
    """When an entry was used last, where it lies and what it takes; None where another process just removed it."""
    try:
        return path.stat().st_mtime, path, sum(file.stat().st_size for file in path.iterdir())
    except FileNotFoundError:
        return None


def create_array(path: Path, dtype: DTypeLike, shape: tuple[int, ...]) -> np.memmap[Any, Any]:
    """A new memory-mapped `.npy` file whose space on the disk is taken at once.

    Without that a full disk would show only when a page is written back, which kills the whole process.

    Raises:
        OSError: the disk is full.
    """
    array: np.memmap[Any, Any] = open_memmap(path, mode="w+", dtype=dtype, shape=shape)
    if hasattr(os, "posix_fallocate"):
        with path.open("r+b") as file:
            os.posix_fallocate(file.fileno(), 0, path.stat().st_size)
    return array
