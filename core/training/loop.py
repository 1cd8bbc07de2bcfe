"""The training loop: phases of epochs of steps, told as events to whoever runs it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from core.features.engine import Engine
from core.training.contrast import Contrast
from core.training.descent import Descent
from core.training.events import Event
from core.training.solving import Solving
from core.training.state import TrainingState
from core.training.strategies import Phase
from core.training.training_data import TrainingData


def train(state: TrainingState, data: TrainingData, engine: Engine) -> Iterator[Event]:
    """Train from wherever `state` stands to the end, and tell about it.

    In short::

        for phase in phases:
            yield PhaseStarted
            for epoch in phase:
                for batch in epoch:
                    step(); yield BatchDone
                validate(); keep the best; yield EpochDone
            mix start and end; keep the middle of the best; yield PathPoint
            keep the fitted head if all that was not worth it; yield StateChosen
            yield PhaseEnded

    To stop, stop iterating: `state` then holds the best tensors so far. To resume, load a state that was stored while
    `state.at_checkpoint` was true, and call again. Every random draw is made from (seed, epoch), so a resumed training
    gives exactly the numbers of an uninterrupted one on the same machine.

    Args:
        state: the classifier and how far it has come; changed in place.
        data: samples and splits.
        engine: device and precision.
    """
    engine.place(state.classifier)
    while state.phase_index < len(state.phases):
        phase = state.phases[state.phase_index]
        worker = Solving(state, data) if phase.is_solved else _steps_of(phase)(state, data, engine)
        yield from worker.run(phase)


def losses_at(state: TrainingState, data: TrainingData, engine: Engine, scales: Sequence[float]) -> Iterator[float]:
    """Step through the present phase at other rates than its own, to see what they do.

    Args:
        state: before the first step of a phase that takes steps; what it holds afterwards is nobody's training.
        data: samples and splits.
        engine: device and precision.
        scales: for each step, the factor on every full rate.

    Yields:
        What each step minimised, as it was before the step, nats.
    """
    engine.place(state.classifier)
    state.open_phase()
    phase = state.phases[state.phase_index]
    yield from _steps_of(phase)(state, data, engine).losses_at(scales)


def _steps_of(phase: Phase) -> type[Descent]:
    return Contrast if phase.goal == "contrast" else Descent
