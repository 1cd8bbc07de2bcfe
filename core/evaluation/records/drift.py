"""What training changed in a network."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True, slots=True)
class StageDrift:
    """How far one stage went from where it was pretrained.

    Attributes:
        name: of the stage.
        trained: whether it was trained; the weights of others moved by exactly 0.
        weights: norm of the difference over norm of the start, 0 = not at all.
        representation: 1 - CKA between what leaves it now and what left it then, in [0, 1]; None where what leaves it
            is the same for all samples.
    """

    name: str
    trained: bool
    weights: float
    representation: float | None


@dataclass(frozen=True, kw_only=True, slots=True)
class Drift:
    """How far a run's network went from where it was pretrained.

    Attributes:
        stages: in network order.
        n_samples: validation samples that were looked at.
        n_val: validation samples in all.
        seconds: that it took.
        created_at: ISO 8601, UTC.
    """

    stages: tuple[StageDrift, ...]
    n_samples: int
    n_val: int
    seconds: float
    created_at: str
