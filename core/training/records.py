"""What is found out about a training before it starts, and what it will do."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from core.backbones.records import TensorChoice


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


@dataclass(frozen=True, kw_only=True, slots=True)
class PartInPhase:
    """A stage, or the head, during one phase.

    Attributes:
        name: of the stage; "head".
        how: "frozen", trained by "steps" of an optimiser, or "solved" for directly.
        learning_rate: the full rate of its steps; None where it takes none.
    """

    name: str
    how: Literal["frozen", "steps", "solved"]
    learning_rate: float | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class PhaseStretch:
    """One phase of a plan, laid out.

    Attributes:
        name: what people read.
        n_epochs: at most; 0 where a solver runs.
        seconds: expected, at most; None where that is not known.
        tensors: what of a trained stage trains.
        parts: all stages in network order, then the head.
    """

    name: str
    n_epochs: int
    seconds: float | None
    tensors: TensorChoice
    parts: tuple[PartInPhase, ...]
