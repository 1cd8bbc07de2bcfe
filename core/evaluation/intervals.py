"""How sure a number is: the 95 % intervals of the report."""

from __future__ import annotations

import math

import numpy as np
from scipy.special import ndtri

from core.arrays import BoolArray, FloatArray, IntArray
from core.evaluation.f1_spread import (
    TINY,
    class_f1,
    count_answers,
    counted_classes,
    freedom_left,
    macro_f1_bias,
    macro_f1_influence,
    shrunken_counts,
)
from core.evaluation.records import Interval

CONFIDENCE = 0.95
QUANTILE = float(ndtri((1 + CONFIDENCE) / 2))
"""How many standard errors an interval reaches to either side where its number is normal: 1.96."""


def wilson_interval(hits: int, n: int) -> Interval:
    """The share of hits with its Wilson score interval (Wilson 1927), which stays inside [0, 1] and works for small n.

    Args:
        hits: number of successes, in [0, n].
        n: number of trials; with 0 there is no interval and the value is 0.
    """
    if n == 0:
        return Interval(value=0.0, low=None, high=None, why="There are no samples.")
    low, high = _wilson_bounds(hits / n, n)
    return Interval(value=hits / n, low=low, high=high)


def macro_f1_interval(labels: IntArray, predictions: IntArray, n_classes: int) -> Interval:
    """Macro-F1 with a Wilson interval of the effective sample size.

    The variance comes from what each sample does to macro-F1 (Takahashi et al. 2022); the effective sample size is
    that of a share with this variance, as surveys compute it (Franco et al. 2019). Wilson's form keeps the interval
    inside [0, 1] and gives one where every sample is right. It stands about the value without the bias of small
    classes. Simulated, it covers in 93 to 97 % of the cases if the classes have ten samples each on average, and in
    about 91 % with three or four; a bootstrap covered in 61 to 90 % there. The mean runs over the classes that occur
    among labels or predictions, as in scikit-learn.

    Args:
        labels: true classes, shape (n_samples,), integers in [0, n_classes).
        predictions: predicted classes, same shape and range.
        n_classes: number of classes.
    """
    if len(labels) == 0:
        return Interval(value=0.0, low=None, high=None, why="There are no samples.")
    matrix = count_answers(labels, predictions, n_classes)
    counted = counted_classes(matrix)
    value = float(class_f1(matrix)[counted].mean())
    expected = shrunken_counts(matrix)
    centre = min(1.0, value + macro_f1_bias(expected, counted))
    low, high = _wilson_bounds(centre, _effective_size(expected, counted))
    return Interval(value=value, low=min(low, value), high=max(high, value))


def class_f1_intervals(labels: IntArray, predictions: IntArray, n_classes: int) -> tuple[Interval, ...]:
    """F1 of every class, in label order, each with its Wilson indirect interval (Lam, Gopal & Qian 2023).

    Of the samples that are of a class or were called so, the share that is both is a plain share of independent
    samples, J, and F1 = 2 J / (1 + J) rises with it: the bounds of J become those of F1.

    Args:
        labels: true classes, shape (n_samples,), integers in [0, n_classes).
        predictions: predicted classes, same shape and range.
        n_classes: number of classes.

    Returns:
        One interval per class; without bounds where the class neither occurs nor was predicted.
    """
    matrix = count_answers(labels, predictions, n_classes)
    hits = np.diagonal(matrix)
    concerned = matrix.sum(axis=0) + matrix.sum(axis=1) - hits
    return tuple(_indirect_interval(int(hit), int(n)) for hit, n in zip(hits, concerned, strict=True))


def _indirect_interval(hits: int, n: int) -> Interval:
    shared = wilson_interval(hits, n)
    if shared.low is None or shared.high is None:
        return Interval(value=0.0, low=None, high=None, why="the class neither occurs nor was predicted.")
    value, low, high = (2 * share / (1 + share) for share in (shared.value, shared.low, shared.high))
    return Interval(value=value, low=low, high=high)


def _effective_size(expected: FloatArray, counted: BoolArray) -> float:
    """How many samples a share of the value of macro-F1 must rest on to be as uncertain; above 0."""
    value = float(class_f1(expected)[counted].mean())
    variance = float((expected * macro_f1_influence(expected, counted) ** 2).sum())
    n = max(value * (1 - value), TINY) / max(variance, TINY)
    return n * freedom_left(expected.sum(axis=1))


def _wilson_bounds(share: float, n: float) -> tuple[float, float]:
    """Wilson's bounds of a share, for which n need not be a whole number.

    A closed form, a hundred times faster than scipy's: a report of many classes has hundreds of them.
    """
    square = QUANTILE**2
    middle = (share + square / (2 * n)) / (1 + square / n)
    half = QUANTILE * math.sqrt(share * (1 - share) / n + square / (4 * n**2)) / (1 + square / n)
    return (max(0.0, middle - half) if share > 0 else 0.0), (min(1.0, middle + half) if share < 1 else 1.0)
