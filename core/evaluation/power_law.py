"""A score as a power law of how many samples it was learned from, and how sure that law is beyond the last of them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy.optimize import least_squares

from core.arrays import BoolArray, FloatArray, IntArray
from core.evaluation.intervals import CONFIDENCE
from core.evaluation.records import Interval

N_RESAMPLES = 300
MIN_SIZES = 4
"""One more than the law has numbers to choose."""

MAX_EXPONENT = 1.0
"""A fitted law that falls faster is mostly one that met no gain among its last sizes by luck, and is sure of none."""

FIRST_EXPONENT = 0.5
"""Where the search begins: errors often fall about with the root of the number of samples."""

LEAST_ERROR = 1e-3
"""Standard error below which no score is believed, so that a size whose draws agree by luck does not decide alone."""


@dataclass(frozen=True, kw_only=True, slots=True)
class PowerLaw:
    """score = ceiling - drop * (n / unit) ** -exponent.

    Attributes:
        ceiling: what ever more samples lead to, in [0, 1].
        drop: how far below that the score is at n = unit, in [0, 1].
        exponent: how quickly that is made up, in [0, 1].
        unit: number of samples that n is counted in; one near the largest keeps the fit well scaled.
    """

    ceiling: float
    drop: float
    exponent: float
    unit: float

    def at(self, n: float) -> float:
        """The score after learning from n samples, in [0, 1]."""
        return float(np.clip(self.ceiling - self.drop * (n / self.unit) ** -self.exponent, 0.0, 1.0))


class FittedCurve:
    """The law through measured scores, and the laws that would have come of other draws.

    A resample draws anew among the draws of each size, and fits again (Efron & Tibshirani 1993). That the scores follow
    this law at all is an assumption: no one form holds for all learners (Viering & Loog 2023).

    Args:
        sizes: numbers of training samples, ascending, at least `MIN_SIZES`.
        hits: for each size, which validation samples were hit after each draw, shape (n_draws, n_val).
        resamples_validation: whether a resample draws the validation samples anew as well, the same for all sizes:
            right for what is said about other samples, wrong for what is foretold about these very ones.
        seed: of the resampling.

    Attributes:
        law: the fit to what was measured.
    """

    def __init__(
        self, sizes: Sequence[int], hits: Sequence[BoolArray], *, resamples_validation: bool = True, seed: int = 0
    ) -> None:
        self._sizes = np.array(sizes, dtype=np.float64)
        self._rng = np.random.default_rng(seed)
        self._spread = _spread_between_draws([of_size.mean(axis=1) for of_size in hits])
        scores = np.array([of_size.mean() for of_size in hits])
        errors = self._noise(scores) / np.sqrt([len(of_size) for of_size in hits])
        self.law = _fit(self._sizes, scores, np.maximum(errors, LEAST_ERROR))
        n_val = hits[0].shape[1]
        even = np.full((N_RESAMPLES, n_val), 1 / n_val)
        weights = self._rng.multinomial(n_val, even[0], N_RESAMPLES) / n_val if resamples_validation else even
        others = np.stack([self._resample(of_size @ weights.T) for of_size in hits], axis=1)
        self._others = [_fit(self._sizes, other, np.maximum(errors, LEAST_ERROR)) for other in others]

    def score_at(self, n: float) -> Interval:
        """The mean score over all draws of n samples, in [0, 1], with its 95 % band."""
        return _with_band(self.law.at(n), [law.at(n) for law in self._others])

    def one_score_at(self, n: float) -> Interval:
        """The score of a single draw of n samples, in [0, 1], with the 95 % band it is to fall in."""
        means = np.array([law.at(n) for law in self._others])
        return _with_band(self.law.at(n), np.clip(means + self._noise(means) * self._normal(means), 0, 1))

    def gain(self, n: float, more: float) -> Interval:
        """How much higher the mean score is after `more` samples than after n, in [-1, 1], with its 95 % band."""
        return _with_band(self.law.at(more) - self.law.at(n), [law.at(more) - law.at(n) for law in self._others])

    def _resample(self, scores: FloatArray) -> FloatArray:
        """Of each resample the mean of as many draws as there were, (n_draws, n_resamples) → (n_resamples,).

        A size with one draw does not show its own spread, so that of the other sizes is added.
        """
        n_draws, n = scores.shape
        if n_draws == 1:
            return np.asarray(scores[0] + self._noise(scores[0]) * self._normal(scores[0]))
        drawn: IntArray = self._rng.integers(n_draws, size=scores.shape)
        return np.asarray(scores[drawn, np.arange(n)].mean(axis=0))

    def _noise(self, scores: FloatArray) -> FloatArray:
        """Standard deviation between draws of one size, which shrinks as a share does towards 0 and 1."""
        return np.asarray(self._spread * np.sqrt(scores * (1 - scores)))

    def _normal(self, like: FloatArray) -> FloatArray:
        return self._rng.standard_normal(like.shape)


def _spread_between_draws(scores: Sequence[FloatArray]) -> float:
    """Standard deviation between draws in units of sqrt(p (1 - p)), over all sizes that have several."""
    ratios = [one.var(ddof=1) / max(one.mean() * (1 - one.mean()), LEAST_ERROR) for one in scores if len(one) > 1]
    return float(np.sqrt(np.mean(ratios)))


def _fit(sizes: FloatArray, scores: FloatArray, errors: FloatArray) -> PowerLaw:
    """Weighted least squares within the bounds of the law."""
    unit = float(sizes[-1])
    logs, ones = np.log(sizes / unit), np.ones_like(sizes)
    top = min(1.0, float(scores.max()))

    def misfit(numbers: FloatArray) -> FloatArray:
        ceiling, drop, exponent = numbers
        return np.asarray((ceiling - drop * np.exp(-exponent * logs) - scores) / errors)

    def slopes(numbers: FloatArray) -> FloatArray:
        _, drop, exponent = numbers
        decay = np.exp(-exponent * logs)
        return np.asarray(np.stack([ones, -decay, drop * logs * decay], axis=1) / errors[:, None])

    start = [(1 + top) / 2, (1 - top) / 2, FIRST_EXPONENT]
    found = least_squares(misfit, start, slopes, bounds=([0, 0, 0], [1, 1, MAX_EXPONENT]))
    ceiling, drop, exponent = map(float, found.x)
    return PowerLaw(ceiling=ceiling, drop=drop, exponent=exponent, unit=unit)


def _with_band(value: float, others: Sequence[float] | FloatArray) -> Interval:
    tail = (1 - CONFIDENCE) / 2
    low, high = np.quantile(others, [tail, 1 - tail])
    return Interval(value=value, low=min(float(low), value), high=max(float(high), value))
