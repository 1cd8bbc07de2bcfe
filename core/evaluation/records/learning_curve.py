"""Whether more data would help."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from core.evaluation.records.interval import Interval

CurveVerdict = Literal["more-data", "features", "flat", "unsure", "nearly-all"]
"""More samples are worth it; the features are the limit; neither is known; too unsure; hardly an error is left."""


@dataclass(frozen=True, kw_only=True, slots=True)
class CurvePoint:
    """A head on frozen features after learning from so many samples.

    Attributes:
        n_train: samples that each head learned from.
        scores: accuracy on the validation samples, one per draw, in [0, 1].
        train_score: mean accuracy on the samples learned from, in [0, 1].
    """

    n_train: int
    scores: tuple[float, ...]
    train_score: float

    @property
    def score(self) -> float:
        """Mean over the draws."""
        return sum(self.scores) / len(self.scores)


@dataclass(frozen=True, kw_only=True, slots=True)
class CurveBand:
    """What the fitted law says for a number of training samples, with its 95 % band."""

    n_train: float
    score: Interval


@dataclass(frozen=True, kw_only=True, slots=True)
class Foretold:
    """A law fitted to fewer samples, asked for all of them.

    Attributes:
        n_known: the most samples it was fitted to.
        n_train: all training samples.
        score: what it foretold for these, with the 95 % band that one head was to fall in.
        measured: what came.
    """

    n_known: int
    n_train: int
    score: Interval
    measured: float

    @property
    def came_true(self) -> bool:
        """Whether the measured score lies in the band."""
        low, high = self.score.low, self.score.high
        return low is not None and high is not None and low <= self.measured <= high


@dataclass(frozen=True, kw_only=True, slots=True)
class LearningCurve:
    """How a head on the frozen features of a run's backbone does after learning from ever more of its samples.

    Attributes:
        points: measured, from few samples to all of the training split.
        band: the fitted law, from the first point to twice as many samples as there are.
        gain: of validation accuracy by twice as many training samples, with its 95 % band.
        foretold: the check of such a band against what is known; None where there are too few samples for it.
        verdict: what to do.
        better_run: id of a run on the same data that trained stages and is better by more than chance explains; or "".
        n_val: validation samples.
        seconds: that it took.
        created_at: ISO 8601, UTC.
    """

    points: tuple[CurvePoint, ...]
    band: tuple[CurveBand, ...]
    gain: Interval
    foretold: Foretold | None
    verdict: CurveVerdict
    better_run: str
    n_val: int
    seconds: float
    created_at: str

    @property
    def n_train(self) -> int:
        """All training samples."""
        return self.points[-1].n_train
