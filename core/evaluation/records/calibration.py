"""How far probabilities mean what they say, and what a run may decline to answer."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from core.evaluation.records.interval import Interval

HowScaled = Literal["held-out", "cross-fitted", "unscaled"]


@dataclass(frozen=True, kw_only=True, slots=True)
class CalibrationScores:
    """How good probabilities are; lower is better.

    Attributes:
        ece: expected calibration error of 15 equal-mass bins, in [0, 1].
        brier: Brier score summed over the classes, in [0, 2].
        log_loss: mean cross-entropy, nats.
    """

    ece: float
    brier: float
    log_loss: float


@dataclass(frozen=True, kw_only=True, slots=True)
class ReliabilityBin:
    """Samples of similar confidence.

    Attributes:
        confidence: their mean, in [0, 1].
        accuracy: the share of them that is right.
    """

    confidence: float
    accuracy: Interval


@dataclass(frozen=True, kw_only=True, slots=True)
class CoveragePoint:
    """What comes of answering only where the model is sure enough.

    Attributes:
        threshold: the least probability with which it answers, in [0, 1].
        coverage: share of the samples it answers, in [0, 1].
        accuracy: of these answers, the share that is right.
    """

    threshold: float
    coverage: float
    accuracy: Interval


@dataclass(frozen=True, kw_only=True, slots=True)
class Calibration:
    """Whether the probabilities of one split mean what they say.

    Attributes:
        how: "held-out" where the temperature comes from other samples; "cross-fitted" where the split fitted it, and
            each half of its samples is scaled here by what the other half fits; "unscaled" where it is 1.
        before: scores of the model's own probabilities.
        after: scores of the scaled ones, as `how` says.
        ece_by_chance: the `ece` to expect on as many samples of a model whose probabilities are exactly right.
        top_3_accuracy: share of samples whose class is among the three most probable; None for three classes or less.
        reliability: bins of equally many samples, from the least sure to the surest; scaled.
        coverage: by rising coverage, the last point answers everything; scaled.
    """

    how: HowScaled
    before: CalibrationScores
    after: CalibrationScores
    ece_by_chance: float
    top_3_accuracy: Interval | None
    reliability: tuple[ReliabilityBin, ...]
    coverage: tuple[CoveragePoint, ...]


@dataclass(frozen=True, kw_only=True, slots=True)
class Rejection:
    """From which probability on a run answers, so that its answers are right as often as somebody wants.

    Attributes:
        precision: share of the answers that shall be right, in (0, 1).
        threshold: the least probability of an answer that is given; None where `precision` cannot be reached.
        why: why it cannot be; empty where it can.
        n: validation samples it was chosen on.
        val: what it gives on these; None without a threshold.
        test: what it gives on the test samples, which had no say; None without a threshold or without such samples.
    """

    precision: float
    threshold: float | None
    why: str
    n: int
    val: CoveragePoint | None = None
    test: CoveragePoint | None = None
