"""The learning-rate finder: some steps at ever larger rates, to see where the loss falls and where it runs away.

After Smith (2017), "Cyclical learning rates for training neural networks", and its use in fastai. On few samples it is
noisy, so that nothing rests on it: it shows what a learning rate does.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Sequence

import numpy as np

from core.features.engine import Engine
from core.training.events import Event, PhaseEnded
from core.training.loop import losses_at, train
from core.training.records import RateTried
from core.training.state import TrainingState
from core.training.training_data import TrainingData

N_STEPS = 60
LOWEST_RATE, HIGHEST_RATE = 1e-6, 1.0
SMOOTHING = 0.8
"""Share that the mean so far keeps at each step: it forgets within about five, half a power of ten."""

RUNAWAY_FACTOR = 4.0
"""Beyond so many times its best, the loss will not come back."""

LOSS_FLOOR = 0.1
"""A head that is fitted to certainty has next to no loss, of which a single hard batch is many times as much."""

N_SETTLING = 5
"""Steps at first in which the mean follows single batches; what falls there is chance."""

MIN_FALL = 0.1
"""Share of its height that the loss must lose before its steepest place means something."""


def try_rates(state: TrainingState, data: TrainingData, engine: Engine) -> Iterator[Event | RateTried]:
    """Fit the head where the training would, then step at ever larger rates until the loss runs away.

    Args:
        state: a training before its start, of which some phase takes steps; afterwards it is of no use.
        data: samples and splits.
        engine: device and precision.

    Yields:
        What the training tells about the head, then each step.
    """
    if state.phases[0].is_solved:
        yield from _first_phase(state, data, engine)
    rates = np.geomspace(LOWEST_RATE, HIGHEST_RATE, N_STEPS)
    losses = losses_at(state, data, engine, [rate / state.spec.learning_rate for rate in rates])
    yield from until_runaway(rates.tolist(), losses)


def until_runaway(rates: Sequence[float], losses: Iterable[float]) -> Iterator[RateTried]:
    """Each step with its smoothed loss, up to the one at which the loss has run away.

    Args:
        rates: of the steps, growing.
        losses: before each of these steps, made as they are asked for; what is no number ends the search untold.
    """
    best, mean = math.inf, 0.0
    for number, (rate, loss) in enumerate(zip(rates, losses, strict=False), start=1):
        mean = SMOOTHING * mean + (1 - SMOOTHING) * loss
        smoothed = mean / (1 - SMOOTHING**number)
        if not math.isfinite(smoothed):
            return
        yield RateTried(rate=float(rate), loss=loss, smoothed_loss=smoothed)
        best = min(best, smoothed)
        if smoothed > RUNAWAY_FACTOR * max(best, LOSS_FLOOR):
            return


def has_run_away(tried: Sequence[RateTried]) -> bool:
    """Whether the steps ended before the largest rate."""
    return len(tried) < N_STEPS


def steepest_descent(tried: Sequence[RateTried]) -> float | None:
    """The rate at which the smoothed loss falls fastest per power of ten, two significant digits.

    Returns:
        None where the loss never falls by a tenth of its height, as behind a head that is fitted already.
    """
    settled = tried[N_SETTLING:]
    smoothed = np.array([one.smoothed_loss for one in settled])
    falling = smoothed[: int(smoothed.argmin()) + 1] if len(smoothed) else smoothed
    if len(falling) < 2 or falling[-1] > (1 - MIN_FALL) * falling.max():
        return None
    slopes = np.gradient(falling, np.log10([one.rate for one in settled[: len(falling)]]))
    return float(f"{settled[int(slopes.argmin())].rate:.1e}")


def _first_phase(state: TrainingState, data: TrainingData, engine: Engine) -> Iterator[Event]:
    for event in train(state, data, engine):
        yield event
        if isinstance(event, PhaseEnded):
            return
