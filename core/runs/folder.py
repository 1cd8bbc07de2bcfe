"""The folder a run lives in: the one class that knows its paths and how each file is written."""

from __future__ import annotations

import errno
import json
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Literal, get_args

from core.atomic import remove_partial_files, replace_bytes, replace_file
from core.errors import ConfigurationError, RunFolderError, UnknownChoiceError
from core.runs import event_log
from core.runs.claim import hold_claim, probe_claim
from core.runs.records import LIVE_STATES, RunStatus
from core.training.events import StoredEvent
from core.training.spec import TrainingSpec

JsonName = Literal[
    "report", "proof", "details", "temperature", "decision", "purpose", "rejection", "combination", "learned"
]
JSON_NAMES: tuple[JsonName, ...] = get_args(JsonName)
DECISIVE_NAMES: tuple[JsonName, ...] = ("temperature", "decision", "rejection")
StudyName = Literal["learning-curve", "drift", "folds"]
MapName = Literal["pca", "tsne"]


LASTING_FILES = (
    "spec.json",
    "status.json",
    "events.jsonl",
    *(f"{name}.json" for name in JSON_NAMES),
    "model.safetensors",
    "novelty.safetensors",
    "predictions.parquet",
    "checkpoint/state.pt",
    *(f"studies/{name}.json" for name in get_args(StudyName)),
    *(f"studies/map-{name}.npz" for name in get_args(MapName)),
)
"""All that makes a run what it is; its archive can be made again, and its log is for developers."""


@dataclass(frozen=True, slots=True)
class RunFolder:
    """One run on disk; everybody may read, only who holds the claim writes.

    A file is replaced whole or, the event history, appended to, so readers in other processes need no lock.

    Attributes:
        path: the folder; its name is the run's id.
    """

    path: Path

    @property
    def id(self) -> str:
        """The run's id."""
        return self.path.name

    @property
    def model_path(self) -> Path:
        """Weights of the best state, safetensors."""
        return self.path / "model.safetensors"

    @property
    def checkpoint_path(self) -> Path:
        """What resuming needs, after the last stored epoch; tensors and plain values only."""
        return self.path / "checkpoint" / "state.pt"

    @property
    def predictions_path(self) -> Path:
        """One row per validation and test sample, Parquet."""
        return self.path / "predictions.parquet"

    def export_path(self, format_id: str) -> Path:
        """The model as an archive to take along, in a format; made when it is asked for."""
        return self.path / "exports" / f"{format_id}.zip"

    @property
    def novelty_path(self) -> Path:
        """What new inputs are held against, safetensors; runs with few validation samples have none."""
        return self.path / "novelty.safetensors"

    @property
    def log_path(self) -> Path:
        """Tracebacks of our own faults; for developers, never shown in the browser."""
        return self.path / "log.txt"

    def answers_since_ns(self) -> int:
        """When what decides about the answers of a finished run was last written, as the disk says; 0 before that."""
        decisive = [self.model_path, *(self.path / f"{name}.json" for name in DECISIVE_NAMES)]
        return max((path.stat().st_mtime_ns for path in decisive if path.is_file()), default=0)

    def study_path(self, name: StudyName) -> Path:
        """The answer to a question that was asked about the finished run, JSON; who asks again replaces it."""
        return self.path / "studies" / f"{name}.json"

    def map_path(self, method: MapName) -> Path:
        """The samples of the finished run as points in the plane, NumPy arrays."""
        return self.path / "studies" / f"map-{method}.npz"

    def lasting_files(self) -> dict[str, Path]:
        """Those of `LASTING_FILES` that this run has, by their names there."""
        return {name: self.path / name for name in LASTING_FILES if (self.path / name).is_file()}

    def read_spec(self) -> TrainingSpec:
        """What the run was asked to do; raises RunFolderError where that cannot be read."""
        try:
            return TrainingSpec.from_json(_load_object(self._spec_path))
        except (OSError, ValueError, TypeError, ConfigurationError, UnknownChoiceError) as error:
            raise _damaged(self._spec_path) from error

    def write_spec(self, spec: TrainingSpec) -> None:
        """Store what the run is asked to do; once, when it is created."""
        _dump(self._spec_path, spec.to_json())

    def read_status(self) -> RunStatus:
        """Where the run stands; raises RunFolderError where that cannot be read."""
        try:
            return RunStatus.from_json(_load_object(self._status_path))
        except (OSError, ValueError, TypeError, KeyError) as error:
            raise _damaged(self._status_path) from error

    def look(self) -> RunStatus:
        """Where the run stands for whoever asks from outside: what no living process goes on with is interrupted.

        That is so before anybody notes it in the folder, and where nobody can, because the disk is full or read-only.
        """
        status = self.read_status()
        if status.state not in LIVE_STATES or self.is_claimed():
            return status
        status = self.read_status()  # its process may have ended the run between the first look and this one
        return replace(status, state="interrupted", eta_s=None) if status.state in LIVE_STATES else status

    def write_status(self, status: RunStatus) -> None:
        """Store where the run stands; waits for the disk (milliseconds), so write it a few times per second at most."""
        _dump(self._status_path, status.to_json())

    def append_event(self, event: StoredEvent) -> None:
        """Add one event to the history; it is on the disk when this returns."""
        event_log.append_event(self._events_path, event)

    def read_events(self) -> tuple[StoredEvent, ...]:
        """The history in order; an event that was being written when its process died is left out."""
        return event_log.read_events(self._events_path)

    def rewrite_events(self, events: Iterable[StoredEvent]) -> None:
        """Put exactly `events` in the place of the history, as a resumed run does with those its checkpoint knows."""
        event_log.rewrite_events(self._events_path, events)

    def read_json(self, name: JsonName) -> dict[str, Any] | None:
        """What `write_json` stored under `name`, None where nothing was yet; raises RunFolderError where damaged."""
        path = self.path / f"{name}.json"
        try:
            return _load_object(path)
        except FileNotFoundError:
            return None
        except (OSError, ValueError, TypeError) as error:
            raise _damaged(path) from error

    def write_json(self, name: JsonName, values: dict[str, Any]) -> None:
        """Store a dict of JSON types; raises TypeError for anything else."""
        _dump(self.path / f"{name}.json", values)

    def read_details(self) -> dict[str, Any]:
        """Free facts about the run, such as its name, class names and parameter counts."""
        return self.read_json("details") or {}

    def update_details(self, facts: dict[str, Any]) -> None:
        """Add `facts` to the details; facts of the same name are replaced, all others stay."""
        self.write_json("details", {**self.read_details(), **facts})

    def replace(self, path: Path, writer: Callable[[Path], None]) -> None:
        """Let `writer` write one of this folder's files, all or nothing.

        Args:
            path: one of the paths above.
            writer: gets a path in the same folder to write to.
        """
        if not path.is_relative_to(self.path):
            raise ValueError(f"A run writes into its own folder only; found {path}.")
        replace_file(path, writer)

    def append_log(self, text: str) -> None:
        """Add to the developers' log."""
        with self.log_path.open("a", encoding="utf-8") as file:
            file.write(text.rstrip("\n") + "\n")

    @contextmanager
    def claim(self) -> Iterator[None]:
        """Hold the run for this process, from the queue to its end; raises RunFolderError where another one does."""
        with hold_claim(self._lock_path) as is_new:
            if is_new:  # half-written files can only be those of a killed process then
                remove_partial_files(self.path)
                remove_partial_files(self.checkpoint_path.parent)
            yield

    def is_claimed(self) -> bool:
        """Whether some living process, this one included, holds the run; of a read-only disk nobody does."""
        try:
            with self.unclaimed() as is_free:
                return not is_free
        except OSError as error:
            if error.errno != errno.EROFS:
                raise
            return False

    @contextmanager
    def unclaimed(self) -> Iterator[bool]:
        """Whether nobody holds the run; where True, nobody can begin to while inside."""
        with probe_claim(self._lock_path) as is_free:
            yield is_free

    def request_stop(self) -> None:
        """Ask whatever process executes the run to stop it and keep the best so far."""
        self._stop_path.touch()

    def stop_requested(self) -> bool:
        """Whether somebody asked for that; cheap enough to ask after each batch."""
        return self._stop_path.exists()

    def clear_stop(self) -> None:
        """Forget the request, because it was met or the run starts anew."""
        self._stop_path.unlink(missing_ok=True)

    @property
    def _spec_path(self) -> Path:
        return self.path / "spec.json"

    @property
    def _status_path(self) -> Path:
        return self.path / "status.json"

    @property
    def _events_path(self) -> Path:
        return self.path / "events.jsonl"

    @property
    def _lock_path(self) -> Path:
        return self.path / "claim.lock"

    @property
    def _stop_path(self) -> Path:
        return self.path / "stop-requested"


def _load_object(path: Path) -> dict[str, Any]:
    values = json.loads(path.read_text(encoding="utf-8"))
    if not isinstance(values, dict):
        raise TypeError(f"{path.name} must hold one JSON object; found {type(values).__name__}.")
    return values


def _dump(path: Path, values: dict[str, Any]) -> None:
    text = json.dumps(values, indent=1, ensure_ascii=False)  # a loss that ran away is kept, as NaN or Infinity
    replace_bytes(path, text.encode())


def _damaged(path: Path) -> RunFolderError:
    return RunFolderError(
        f"A run needs a readable {path.name}; that of run {path.parent.name} is missing or damaged.",
        "Start a new run with the same settings.",
    )
