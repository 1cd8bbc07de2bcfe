"""One number that the logits of a trained model are divided by, so that its probabilities can be believed."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.optimize import minimize_scalar
from scipy.special import log_softmax, softmax

from core.arrays import FloatArray, IntArray

MIN_SAMPLES = 30
"""With fewer the fitted number follows the luck of a few samples, and 1 is nearer to the truth."""

BOUNDS = (0.05, 20.0)
TOLERANCE = 1e-4
"""Of the logarithm of the temperature."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Temperature:
    """What logits are divided by before they become probabilities; no division changes which one is the largest.

    Attributes:
        value: above 1 the model was too sure of itself, below 1 not sure enough.
        n: samples it was fitted on.
        why: why it is 1 without having been fitted; empty where it was.
    """

    value: float
    n: int
    why: str = ""


NEVER_FITTED = Temperature(value=1.0, n=0, why="this run is from before probabilities were scaled")
"""That of a run which stored none."""


def fit_temperature(logits: FloatArray, labels: IntArray, *, min_samples: int = MIN_SAMPLES) -> Temperature:
    """The temperature under which the labels are likeliest (Guo et al. 2017), fitted on samples held out.

    The mean log loss falls and then rises along it, because it is convex in the temperature's inverse.

    Args:
        logits: shape (n_samples, n_classes), finite.
        labels: true classes, shape (n_samples,), integers in [0, n_classes).
        min_samples: with fewer it is left at 1.
    """
    n = len(labels)
    if n < min_samples:
        return _left_at_one(n, f"{n} validation samples are too few to fit it; {min_samples} are needed")
    if (logits.argmax(axis=1) == labels).all():  # the loss then falls towards 0 without end
        return _left_at_one(n, "every validation sample is right, and nothing shows how sure is too sure")
    found = minimize_scalar(
        lambda logarithm: sample_losses(logits, labels, float(np.exp(logarithm))).mean(),
        bounds=np.log(BOUNDS),
        method="bounded",
        options={"xatol": TOLERANCE},
    )
    return Temperature(value=float(np.exp(found.x)), n=n)


def scaled_probs(logits: FloatArray, temperature: float) -> FloatArray:
    """Class probabilities, shape (n_samples, n_classes), float32, each row sums to 1.

    Args:
        logits: shape (n_samples, n_classes).
        temperature: above 0; 1 gives the plain softmax.
    """
    probs: FloatArray = softmax(logits.astype(np.float64) / temperature, axis=1).astype(np.float32)
    return probs


def sample_losses(logits: FloatArray, labels: IntArray, temperature: float) -> FloatArray:
    """Cross-entropy of each sample at a temperature, shape (n_samples,), nats."""
    log_probs = log_softmax(logits.astype(np.float64) / temperature, axis=1)
    losses: FloatArray = -log_probs[np.arange(len(labels)), labels]
    return losses


def cross_fitted_probs(logits: FloatArray, labels: IntArray, *, seed: int) -> FloatArray:
    """Probabilities scaled without a sample having a say in its own temperature.

    A number measured on the samples that the temperature was fitted on flatters it. So each half of the samples is
    scaled by what the other half fits; every class is spread over both.

    Args:
        logits: shape (n_samples, n_classes).
        labels: true classes, shape (n_samples,).
        seed: fixes the halves.

    Returns:
        Shape (n_samples, n_classes), float32.
    """
    probs = scaled_probs(logits, 1.0)
    one, other = _halves(labels, seed)
    for scaled, fitted in ((one, other), (other, one)):
        temperature = fit_temperature(logits[fitted], labels[fitted], min_samples=MIN_SAMPLES // 2)
        probs[scaled] = scaled_probs(logits[scaled], temperature.value)
    return probs


def _left_at_one(n: int, why: str) -> Temperature:
    return Temperature(value=1.0, n=n, why=why)


def _halves(labels: IntArray, seed: int) -> tuple[IntArray, IntArray]:
    """Rows of both halves, drawn class by class."""
    drawn = np.random.default_rng(seed).permutation(len(labels))
    by_class = drawn[np.argsort(labels[drawn], kind="stable")]
    return by_class[::2], by_class[1::2]
