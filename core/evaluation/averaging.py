"""Several models' answers to the same samples, averaged."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from core.arrays import FloatArray

SMALLEST = 1e-12
"""Below any probability that is kept as float32 and told apart from 0 here; its logarithm is still a number."""


def mean_answer(answers: Sequence[FloatArray]) -> FloatArray:
    """The mean of class probabilities, as logits that a temperature can divide.

    The mean of calibrated probabilities is less sure than it is right (Rahaman & Thiery 2021), so it wants a
    temperature of its own.

    Args:
        answers: of each model, shape (n_samples, n_classes) each, rows sum to 1.

    Returns:
        Logarithms of the mean, shape (n_samples, n_classes), float32: their softmax is the mean again.
    """
    mean = np.mean(np.stack(answers), axis=0, dtype=np.float64)
    logits: FloatArray = np.log(np.maximum(mean, SMALLEST)).astype(np.float32)
    return logits
