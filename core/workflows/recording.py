"""Brings a training's events to disk and screen, and lets it go on from there."""

from __future__ import annotations

from collections.abc import Iterable

from core.runs.folder import RunFolder
from core.training.events import (
    BatchDone,
    BatchSplit,
    EpochDone,
    Event,
    PathPoint,
    PhaseEnded,
    PhaseStarted,
    StateChosen,
    StoredEvent,
)
from core.training.state import TrainingState
from core.workflows.progress import Progress


class Recorder:
    """Brings events to disk and screen, and stores a checkpoint whenever the training can be resumed from there.

    Args:
        folder: the run.
        progress: its status.
        state: the training; read after every event, changed by `restore` alone.
    """

    def __init__(self, folder: RunFolder, progress: Progress, state: TrainingState) -> None:
        self._folder = folder
        self._progress = progress
        self._state = state
        self._n_epochs = sum(phase.n_epochs for phase in state.phases)

    def restore(self) -> None:
        """Go on from the last checkpoint, if there is one; the history is cut back to what it knows."""
        if self._folder.checkpoint_path.exists():
            self._state.load(self._folder.checkpoint_path)
        self._folder.rewrite_events(known_events(self._folder.read_events(), self._state))
        if self._state.optimizer is not None:
            phase = self._state.phases[self._state.phase_index]
            self._progress.step(phase.name, share_before=self._state.phase_epoch / phase.n_epochs)

    def record(self, event: Event) -> None:
        """Store one event, or show it where it is only progress."""
        if isinstance(event, BatchDone):
            self._show(event)
            return
        self._folder.append_event(event)
        if isinstance(event, PhaseStarted):
            self._progress.step(event.name)
        if isinstance(event, EpochDone) and not self._state.phases[event.phase].is_solved:
            self._progress.epochs(self._n_done(event.phase), self._n_epochs)
        if isinstance(event, PathPoint):
            self._progress.require_going_on()
        if not isinstance(event, (PhaseStarted, BatchSplit)) and self._state.at_checkpoint:
            self._folder.replace(self._folder.checkpoint_path, self._state.save)

    def _show(self, event: BatchDone) -> None:
        n_epochs = max(1, self._state.phases[event.phase].n_epochs)
        self._progress.advance(self._state.phase_epoch * event.n_batches + event.batch, n_epochs * event.n_batches)

    def _n_done(self, phase: int) -> int:
        return sum(earlier.n_epochs for earlier in self._state.phases[:phase]) + self._state.phase_epoch


def known_events(events: Iterable[StoredEvent], state: TrainingState) -> tuple[StoredEvent, ...]:
    """The events that happened before `state` was stored; what came after is told again by the resumed training."""
    is_open = state.optimizer is not None

    def is_known(event: StoredEvent) -> bool:
        if isinstance(event, (EpochDone, BatchSplit)):
            return event.epoch <= state.epoch
        if isinstance(event, (PathPoint, StateChosen, PhaseEnded)):
            return event.phase < state.phase_index
        return event.phase < state.phase_index or (event.phase == state.phase_index and is_open)

    return tuple(event for event in events if is_known(event))
