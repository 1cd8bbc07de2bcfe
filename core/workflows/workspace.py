"""The folder all work is kept in, and the stores that share it."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from core.datasets.store import DatasetStore
from core.features.cache import ArrayCache
from core.runs.store import RunStore
from core.settings import workspace_dir


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
        return ArrayCache(self.root / "cache")

    @property
    def timings_dir(self) -> Path:
        """Where measured times lie; may be deleted at any time."""
        return self.root / "timings"

    @property
    def uploads_dir(self) -> Path:
        """Where files that arrive from a browser wait until they are read."""
        return self.root / "uploads"


def open_workspace(root: Path | None = None) -> Workspace:
    """The workspace at `root`, or where the settings say."""
    return Workspace(workspace_dir() if root is None else root.expanduser().resolve())
