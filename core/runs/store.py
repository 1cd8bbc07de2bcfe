"""All runs of a workspace: makes them, finds them and sets right what died with its process."""

from __future__ import annotations

import re
import secrets
import shutil
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path

from core.errors import OutOfResourcesError, RunFolderError, UnknownChoiceError
from core.runs.folder import RunFolder
from core.runs.records import LIVE_STATES, RunStatus, utc_now
from core.settings import limit, limit_remedy, limit_words
from core.training.spec import TrainingSpec

_RUN_ID = re.compile(r"[0-9]{8}-[0-9]{6}-[0-9a-f]{4}")
_UNFINISHED_PREFIX = ".new-"
_DELETED_PREFIX = ".deleted-"


def is_run_id(text: str) -> bool:
    """Whether this could be the id of a run."""
    return bool(_RUN_ID.fullmatch(text))


@dataclass(frozen=True, slots=True)
class RunStore:
    """The runs below `root/runs`, one folder each.

    Attributes:
        root: the workspace.
    """

    root: Path

    def create(
        self, spec: TrainingSpec, *, name: str = "", fill: Callable[[RunFolder], None] | None = None
    ) -> RunFolder:
        """A new run, queued; its folder appears whole or not at all.

        Args:
            spec: what it shall do.
            name: what the person calls it, for display; kept under "name" in the details.
            fill: writes what else shall be there when it appears, such as the status of a run that is done already.
        """
        folder = RunFolder(self._runs_dir / f"{_UNFINISHED_PREFIX}{secrets.token_hex(8)}")
        folder.path.mkdir(parents=True)
        folder.write_spec(spec)
        folder.write_json("details", {"name": name})
        folder.write_status(RunStatus(state="queued", created_at=utc_now()))
        if fill is not None:
            fill(folder)
        return RunFolder(_rename_to_free_id(folder.path))

    def adopt(self, path: Path, run_id: str) -> RunFolder:
        """Take in a whole run that was prepared elsewhere on this disk; under another id where its own is taken."""
        target = self._runs_dir / run_id
        if not is_run_id(run_id):
            raise ValueError(f"{run_id} is no id of a run")
        self._runs_dir.mkdir(parents=True, exist_ok=True)
        try:
            return RunFolder(path.rename(target))
        except OSError:
            if not target.exists():
                raise
        own = path.rename(self._runs_dir / f"{_UNFINISHED_PREFIX}{secrets.token_hex(8)}")
        return RunFolder(_rename_to_free_id(own))

    def get(self, run_id: str) -> RunFolder:
        """The run of that id; raises UnknownChoiceError where there is none, whatever `run_id` holds."""
        if not _RUN_ID.fullmatch(run_id) or not (self._runs_dir / run_id).is_dir():
            raise UnknownChoiceError("run", run_id, (folder.id for folder in self.list_runs()))
        return RunFolder(self._runs_dir / run_id)

    def require_short_queue(self, *, but: str = "") -> None:
        """Raises OutOfResourcesError where as many runs wait, this one apart, as the settings allow."""
        waiting = [folder.id for folder in self.list_runs() if folder.read_status().state == "queued"]
        n_waiting = sum(run_id != but for run_id in waiting)
        if n_waiting >= limit("queue"):
            raise OutOfResourcesError(
                f"At most {limit_words('queue')} may wait for their turn; {n_waiting} do.",
                limit_remedy("queue", "Wait until some are done, or stop some"),
            )

    def list_runs(self) -> tuple[RunFolder, ...]:
        """All runs that can be read, newest first."""
        dated = [(created_at, folder) for folder in self._folders() if (created_at := _created_at(folder)) is not None]
        return tuple(folder for _, folder in sorted(dated, key=lambda pair: (pair[0], pair[1].id), reverse=True))

    def delete(self, run_id: str) -> None:
        """Take a run off the disk with all its files; it is gone from the lists at once.

        Raises:
            UnknownChoiceError: there is no such run.
            RunFolderError: it waits for its turn or is being worked on.
        """
        folder = self.get(run_id)
        with folder.unclaimed() as is_free:
            if not is_free:
                raise RunFolderError(
                    f"A run that waits or is worked on cannot be deleted; {run_id} is.",
                    "Stop it first.",
                )
        # Renamed first: whatever ends this process halfway, no list shows half a run.
        doomed = folder.path.rename(self._runs_dir / f"{_DELETED_PREFIX}{secrets.token_hex(8)}")
        shutil.rmtree(doomed)

    def reconcile(self) -> tuple[str, ...]:
        """Mark as interrupted what says it is queued or running but belongs to no living process.

        Whoever queues or executes a run holds its claim all the while, so a server and a command line may both call
        this on one workspace at any time.

        Returns:
            The ids of the runs so marked, newest first.
        """
        return tuple(folder.id for folder in self.list_runs() if _interrupt_if_orphaned(folder))

    @property
    def _runs_dir(self) -> Path:
        return self.root / "runs"

    def _folders(self) -> list[RunFolder]:
        if not self._runs_dir.is_dir():
            return []
        return [RunFolder(path) for path in self._runs_dir.iterdir() if _RUN_ID.fullmatch(path.name) and path.is_dir()]


def _rename_to_free_id(unfinished: Path) -> Path:
    while True:
        path = unfinished.with_name(f"{datetime.now(UTC):%Y%m%d-%H%M%S}-{secrets.token_hex(2)}")
        try:
            return unfinished.rename(path)
        except OSError:  # renaming onto a folder that holds files fails on every system
            if not path.exists():
                raise


def _created_at(folder: RunFolder) -> str | None:
    try:
        folder.read_spec()
        return folder.read_status().created_at
    except RunFolderError:
        return None


def _interrupt_if_orphaned(folder: RunFolder) -> bool:
    if folder.read_status().state not in LIVE_STATES:
        return False
    with folder.unclaimed() as is_free:
        # Read again: its process may have ended the run between the first look and this one.
        status = folder.read_status()
        if not is_free or status.state not in LIVE_STATES:
            return False
        folder.write_status(replace(status, state="interrupted", eta_s=None, ended_at=utc_now()))
        return True
