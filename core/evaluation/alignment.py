"""How alike two representations of the same samples are, whatever their coordinates."""

from __future__ import annotations

import numpy as np

from core.arrays import FloatArray

MIN_SAMPLES = 4
"""Of fewer the estimate without bias does not exist."""


def linear_cka(first: FloatArray, second: FloatArray) -> float | None:
    """Linear centred kernel alignment of two representations (Kornblith et al. 2019), from an estimate without bias.

    The plain estimate comes near 1 for any two representations that are wider than there are samples. The one used
    here (Song et al. 2012) does not (Murphy et al. 2024). Rotating or scaling a representation changes nothing.

    Args:
        first: shape (n_samples, any width).
        second: of the same samples, shape (n_samples, any width).

    Returns:
        At most 1, which is alike; about 0, perhaps a little below, for unrelated ones. None where one of them is the
        same for all samples, so that there is nothing to compare.

    Raises:
        ValueError: fewer than four samples, or other samples on either side.
    """
    if len(first) != len(second) or len(first) < MIN_SAMPLES:
        raise ValueError(f"alignment needs the same {MIN_SAMPLES} or more samples; found {len(first)}, {len(second)}")
    kernels = [_kernel(one) for one in (first, second)]
    own = [_hsic(kernel, kernel) for kernel in kernels]
    if min(own) <= 0:
        return None
    return float(min(1.0, _hsic(*kernels) / np.sqrt(own[0] * own[1])))


def _kernel(features: FloatArray) -> FloatArray:
    """Products of all pairs of samples, shape (n_samples, n_samples), float64, with zeros for each with itself.

    Centred first, which changes nothing but how much is lost by rounding, and scaled, for the same reason.
    """
    centred = features.astype(np.float64) - features.mean(axis=0, dtype=np.float64)
    centred /= max(float(np.linalg.norm(centred)), np.finfo(np.float64).tiny)
    kernel = np.asarray(centred @ centred.T)
    np.fill_diagonal(kernel, 0.0)
    return kernel


def _hsic(first: FloatArray, second: FloatArray) -> float:
    """The Hilbert-Schmidt independence criterion without bias, of kernels whose diagonals are 0 (Song et al. 2012)."""
    n = len(first)
    sums = first.sum() * second.sum() / ((n - 1) * (n - 2))
    across = 2 * (first.sum(axis=0) @ second.sum(axis=0)) / (n - 2)
    return float(((first * second).sum() + sums - across) / (n * (n - 3)))
