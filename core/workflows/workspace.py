"""The folder all work is kept in, and the stores that share it."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from core.datasets.store import DatasetStore
from core.features.cache import ArrayCache
from core.runs.store import RunStore
from core.settings import PEOPLE_FOLDER, limit, machine_dir, workspace_dir


@dataclass(frozen=True, slots=True)
class Workspace:
    """One workspace; cheap to make, holds no state.

    Attributes:
        root: the folder; it is created when something is first written.
    """

    root: Path

    @property
    def datasets(self) -> DatasetStore:
        """Where dataset versions and image bytes lie."""
        return DatasetStore(self.root)

    @property
    def runs(self) -> RunStore:
        """Where runs lie."""
        return RunStore(self.root)

    @property
    def cache(self) -> ArrayCache:
        """Where decoded images and features lie; may be deleted at any time."""
        return ArrayCache(self.root / "cache", budget_bytes=limit("cache") // _n_sharing(self.root))

    @property
    def timings_dir(self) -> Path:
        """Where measured times lie, of this machine and so for everybody; may be deleted at any time."""
        return machine_dir(self.root) / "timings"

    @contextmanager
    def draft(self) -> Iterator[Path]:
        """A folder for what is just being made, gone afterwards; `sweep_workspace` clears what a killed process left.

        Not where the system keeps its temporary files: there nobody would clear it, and there may be less room.
        """
        place = self.root / "drafts"
        place.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=place) as folder:
            yield Path(folder)

    @property
    def reading_times_dir(self) -> Path:
        """Where times lie that name a dataset: whether they are known would tell others who has the same one."""
        return self.root / "timings"

    @property
    def uploads_dir(self) -> Path:
        """Where files that arrive from a browser wait until they are read."""
        return self.root / "uploads"


def open_workspace(root: Path | None = None) -> Workspace:
    """The workspace at `root`, or where the settings say."""
    return Workspace(workspace_dir() if root is None else root.expanduser().resolve())


def _n_sharing(root: Path) -> int:
    """How many workspaces have to get by with the budget."""
    if root.parent.name != PEOPLE_FOLDER or not root.parent.is_dir():
        return 1
    return max(1, sum(1 for entry in os.scandir(root.parent) if entry.is_dir()))
