"""Decisions of the loop as plain arithmetic: what is better, when to stop, how large a step is."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace


@dataclass(frozen=True, kw_only=True, slots=True, order=False)
class Score:
    """How good a state is on the validation split: macro-F1 decides, the loss breaks ties."""

    macro_f1: float
    loss: float

    @property
    def is_finite(self) -> bool:
        """False where the training ran away: its loss is infinite or not a number."""
        return math.isfinite(self.loss)

    def beats(self, other: Score | None) -> bool:
        """Whether this score is better than `other`; anything with a finite loss beats None."""
        if other is None or not self.is_finite:
            return self.is_finite
        return (self.macro_f1, -self.loss) > (other.macro_f1, -other.loss)


def plateau_middle(path: Sequence[Score], other: Score | None, n_samples: int) -> int | None:
    """The middle of the stretch of a path that is not clearly worse than the best state known.

    Neighbours on a path differ in macro-F1 by a few samples only, and the highest of them is the luckiest. So all
    within one standard error of the highest count as tied, and the one in their middle is taken: on both sides of it
    the states are good as well.

    Args:
        path: scores along the path, in order.
        other: the best state off the path; None where there is none.
        n_samples: validation samples that each score is from.

    Returns:
        A position in `path`; None where all of it is clearly worse than `other`, or ran away.
    """
    highest = max((score.macro_f1 for score in (*path, *([other] if other else [])) if score.is_finite), default=0.0)
    error = math.sqrt(highest * (1.0 - highest) / n_samples)
    tied = [place for place, score in enumerate(path) if score.is_finite and score.macro_f1 >= highest - error]
    return min(tied, key=lambda place: abs(place - sum(tied) / len(tied))) if tied else None


@dataclass(frozen=True, kw_only=True, slots=True)
class EarlyStopping:
    """Counts epochs without progress; progress is a new lowest loss or a new highest macro-F1.

    Attributes:
        patience: epochs without progress after which to stop; 0 never stops.
        lowest_loss: so far, nats.
        highest_f1: so far.
        n_stale: epochs since the last progress.
    """

    patience: int
    lowest_loss: float = math.inf
    highest_f1: float = -math.inf
    n_stale: int = 0

    def after(self, score: Score) -> EarlyStopping:
        """The count after one more epoch."""
        progress = score.loss < self.lowest_loss or score.macro_f1 > self.highest_f1
        return replace(
            self,
            lowest_loss=min(self.lowest_loss, score.loss),
            highest_f1=max(self.highest_f1, score.macro_f1),
            n_stale=0 if progress else self.n_stale + 1,
        )

    @property
    def should_stop(self) -> bool:
        """Whether patience has run out."""
        return 0 < self.patience <= self.n_stale


def step_scale(step: int, n_steps: int, warmup_share: float) -> float:
    """Factor on the learning rate at a step: a linear rise, then half a cosine down to zero.

    Args:
        step: 0-based, below n_steps.
        n_steps: steps of the phase in all.
        warmup_share: share of them in which the rate rises, in [0, 1).
    """
    n_warmup = round(n_steps * warmup_share)
    if step < n_warmup:
        return (step + 1) / n_warmup
    progress = (step - n_warmup) / max(1, n_steps - n_warmup)
    return 0.5 * (1.0 + math.cos(math.pi * progress))
