"""What is found out about a training before it starts."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True, slots=True)
class RateTried:
    """One step of the learning-rate finder.

    Attributes:
        rate: of the last trainable stage; all others in the proportion that the settings give them.
        loss: of the batch before the step, nats, label smoothing and class weights included.
        smoothed_loss: mean over this batch and those before it, older ones counting less.
    """

    rate: float
    loss: float
    smoothed_loss: float


@dataclass(frozen=True, kw_only=True, slots=True)
class RateSearch:
    """What the learning-rate finder saw.

    Attributes:
        phase: name of the phase whose steps were tried.
        tried: the steps, by growing rate.
        suggestion: where the loss fell fastest, two significant digits; None where it never clearly fell.
        ran_away: whether it ended early, because the loss had grown far beyond its best.
        head_factor: rate of the head over that of the last trainable stage.
    """

    phase: str
    tried: tuple[RateTried, ...]
    suggestion: float | None
    ran_away: bool
    head_factor: float
