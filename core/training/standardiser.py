"""Brings features to comparable size before a solver sees them, and folds that back into a head for features as they
are."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import accumulate, pairwise

import numpy as np

from core.arrays import FloatArray

DAMPING = 0.25
"""Share of the mean variance of all features that is added to the variance of each before it is scaled."""


class Standardiser:
    """Subtracts the mean of every feature and divides by its damped spread, as measured on the samples it is made from.

    Args:
        features: shape (n_samples, n_features).
        widths: see `feature_scale`.
    """

    def __init__(self, features: FloatArray, widths: Sequence[int] | None = None) -> None:
        self._mean, self._divisor = feature_scale(features, widths)

    def __call__(self, features: FloatArray) -> FloatArray:
        """The same samples, scaled; shape (n_samples, n_features), float32."""
        scaled = np.subtract(features, self._mean, dtype=np.float32)
        scaled /= self._divisor
        return scaled

    def fold_into(self, weight: FloatArray, bias: FloatArray) -> tuple[FloatArray, FloatArray]:
        """Weights (n_classes, n_features) and biases (n_classes,) that do the same to features as they are."""
        raw = weight / self._divisor
        return raw, bias - (raw * self._mean).sum(axis=1)


def feature_scale(features: FloatArray, widths: Sequence[int] | None = None) -> tuple[FloatArray, FloatArray]:
    """What the solver subtracts from and divides every feature by: its mean and its damped spread.

    The spread is damped, sqrt(variance + DAMPING * mean variance), so that a feature that hardly varies is not blown
    up to the size of the others: that would fit noise, and a head with such weights falls apart at the first step of
    fine-tuning. Features that are all constant are left as they are.

    Args:
        features: shape (n_samples, n_features).
        widths: features that come from different stages are damped apart, for their sizes have nothing to do with
            each other: so many stand side by side for each stage. None: they are all of one kind.

    Returns:
        Mean and divisor, shape (n_features,) each, float32.
    """
    mean = features.mean(axis=0, dtype=np.float64)
    variance = features.var(axis=0, dtype=np.float64)
    borders = pairwise(accumulate(widths or [len(variance)], initial=0))
    divisor = np.concatenate([_damped_spread(variance[start:end]) for start, end in borders])
    return mean.astype(np.float32), divisor.astype(np.float32)


def _damped_spread(variance: FloatArray) -> FloatArray:
    overall = float(variance.mean())
    return np.sqrt(variance + DAMPING * overall) if overall > 0 else np.ones_like(variance)
