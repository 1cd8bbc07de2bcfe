"""What was measured on this machine, kept as small JSON files so that it is measured once."""

from __future__ import annotations

import json
import os
import platform
from pathlib import Path
from typing import Any

import torch

from core.atomic import replace_bytes
from core.features.cache import cache_key

VERSION = 1


class TimingStore:
    """Measured numbers under a key.

    The processor, the number of threads and torch's version belong to every key: where one of them changes,
    everything is measured again. A file that cannot be read counts as not measured.

    Args:
        root: folder that holds the files; may be deleted at any time.
    """

    def __init__(self, root: Path) -> None:
        self._root = root

    def get(self, **key: object) -> dict[str, Any] | None:
        """What was stored under these parts of a key, or None."""
        try:
            stored = json.loads(self._path(key).read_text(encoding="utf-8"))
        except (OSError, ValueError):
            return None
        return stored if isinstance(stored, dict) else None

    def put(self, values: dict[str, Any], **key: object) -> None:
        """Store what was measured; it appears whole or not at all."""
        replace_bytes(self._path(key), json.dumps(values).encode(), is_dear=False)

    def _path(self, key: dict[str, object]) -> Path:
        return self._root / f"{cache_key(version=VERSION, machine=_machine(), **key)}.json"


def _machine() -> tuple[str | int | None, ...]:
    capability = torch.backends.cpu.get_cpu_capability()
    return platform.machine(), os.cpu_count(), capability, torch.get_num_threads(), torch.__version__
