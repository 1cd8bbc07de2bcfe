"""The shelf for arrays that are dear to compute: whole folders under a content key, memory-mapped when read."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray


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
    """

    def __init__(self, root: Path) -> None:
        self._root = root

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

    @contextmanager
    def writing(self, key: str) -> Iterator[Path]:
        """A folder to save `NAME.npy` files in; it becomes the entry when the block ends without an error."""
        self._root.mkdir(parents=True, exist_ok=True)
        draft = Path(tempfile.mkdtemp(prefix="draft-", dir=self._root))
        try:
            yield draft
            self._publish(draft, self._root / key)
        finally:
            shutil.rmtree(draft, ignore_errors=True)

    @staticmethod
    def _publish(draft: Path, place: Path) -> None:
        try:
            draft.rename(place)
        except OSError:
            if not place.is_dir():  # another process may have published the same content first: equally good
                raise
