"""Whether probabilities mean what they say: "80 % sure" should be right 80 % of the time."""

from __future__ import annotations

import numpy as np

from core.arrays import FloatArray, IntArray
from core.evaluation.intervals import wilson_interval
from core.evaluation.records import (
    Calibration,
    CalibrationScores,
    CoveragePoint,
    HowScaled,
    Interval,
    ReliabilityBin,
)

N_BINS = 15
MIN_BIN_SAMPLES = 10
"""A point of the reliability curve stands for as many samples, or its interval would fill the figure."""

N_DRAWS = 200
N_TOP = 3
COVERAGES = tuple(step / 20 for step in range(1, 21))


def judge_calibration(
    before: FloatArray, after: FloatArray, labels: IntArray, *, how: HowScaled, seed: int = 0
) -> Calibration:
    """All that is told about the probabilities of one split.

    Args:
        before: class probabilities as the model gave them, shape (n_samples, n_classes).
        after: the same after scaling, by a temperature that these labels had no say in.
        labels: true classes, shape (n_samples,), at least one.
        how: where that temperature came from.
        seed: of the draws that tell chance.
    """
    n_bins = int(np.clip(len(labels) // MIN_BIN_SAMPLES, 1, N_BINS))
    return Calibration(
        how=how,
        before=_scores(before, labels),
        after=_scores(after, labels),
        ece_by_chance=calibration_error_by_chance(after, seed=seed),
        top_3_accuracy=top_accuracy(after, labels, n_top=N_TOP) if after.shape[1] > N_TOP else None,
        reliability=reliability_curve(after, labels, n_bins=n_bins),
        coverage=coverage_curve(after, labels),
    )


def expected_calibration_error(probs: FloatArray, labels: IntArray, *, n_bins: int = N_BINS) -> float:
    """How far the model's confidence is from its hit rate, averaged over the samples (Guo et al. 2017).

    Args:
        probs: class probabilities, shape (n_samples, n_classes), each row sums to 1.
        labels: true classes, shape (n_samples,), integers in [0, n_classes).
        n_bins: number of equal-mass confidence bins.

    Returns:
        A fraction in [0, 1]; 0 means that "80 % sure" is right 80 % of the time.

    Raises:
        ValueError: probs and labels disagree on n_samples, or n_samples is 0.
    """
    confidences, hits = _by_confidence(probs, labels)
    return _mean_gap(confidences, hits, _bin_starts(len(hits), n_bins))


def calibration_error_by_chance(probs: FloatArray, *, n_bins: int = N_BINS, seed: int = 0) -> float:
    """The calibration error that a model with these confidences would show on average if each of them were true.

    Few samples never hit exactly as often as they should, so that even then it is above 0; a measured error is to be
    read against it. The hits are drawn 200 times (Bröcker & Smith 2007, consistency resampling).

    Args:
        probs: class probabilities, shape (n_samples, n_classes), at least one sample.
        n_bins: number of equal-mass confidence bins.
        seed: of the draws.
    """
    confidences = np.sort(probs.max(axis=1).astype(np.float64))
    starts = _bin_starts(len(confidences), n_bins)
    rng = np.random.default_rng(seed)
    gaps = [
        _mean_gap(confidences, (rng.random(len(confidences)) < confidences).astype(np.float64), starts)
        for _ in range(N_DRAWS)
    ]
    return float(np.mean(gaps))


def reliability_curve(probs: FloatArray, labels: IntArray, *, n_bins: int = N_BINS) -> tuple[ReliabilityBin, ...]:
    """Confidence against hit rate in bins of equally many samples, from the least sure to the surest.

    Args:
        probs: class probabilities, shape (n_samples, n_classes).
        labels: true classes, shape (n_samples,).
        n_bins: bins at most; fewer samples than that make a bin each.
    """
    confidences, hits = _by_confidence(probs, labels)
    starts = _bin_starts(len(hits), n_bins)
    parts = zip(np.split(confidences, starts[1:]), np.split(hits, starts[1:]), strict=True)
    return tuple(
        ReliabilityBin(confidence=float(sure.mean()), accuracy=wilson_interval(round(float(hit.sum())), len(hit)))
        for sure, hit in parts
    )


def brier_score(probs: FloatArray, labels: IntArray) -> float:
    """Mean squared distance of the probabilities from the truth, summed over the classes, in [0, 2] (Brier 1950)."""
    truth = np.eye(probs.shape[1])[labels]
    return float(np.square(probs - truth).sum(axis=1).mean())


def mean_log_loss(probs: FloatArray, labels: IntArray) -> float:
    """Mean of -log of the probability of the true class, nats; one rounded to 0 counts as the least above it."""
    own = probs[np.arange(len(labels)), labels].astype(np.float64)
    return float(-np.log(np.maximum(own, np.finfo(np.float64).eps)).mean())


def top_accuracy(probs: FloatArray, labels: IntArray, *, n_top: int) -> Interval:
    """Share of samples whose class is among the `n_top` most probable, with its Wilson interval."""
    own = probs[np.arange(len(labels)), labels][:, None]
    n_above = (probs > own).sum(axis=1)
    return wilson_interval(int((n_above < n_top).sum()), len(labels))


def coverage_curve(probs: FloatArray, labels: IntArray) -> tuple[CoveragePoint, ...]:
    """How often the model is right where it answers only if it is sure enough (Geifman & El-Yaniv 2017).

    Samples of one confidence are answered together or not at all, so that there may be fewer points than steps of
    5 %.

    Args:
        probs: class probabilities, shape (n_samples, n_classes).
        labels: true classes, shape (n_samples,).

    Returns:
        Points by rising coverage; the last one answers every sample.
    """
    confidences = probs.max(axis=1)
    hits = probs.argmax(axis=1) == labels
    falling = np.sort(confidences)[::-1]
    places = [int(np.ceil(coverage * len(labels))) - 1 for coverage in COVERAGES]
    thresholds = dict.fromkeys(float(falling[place]) for place in places)
    return tuple(_coverage_point(threshold, confidences >= threshold, hits) for threshold in thresholds)


def _coverage_point(threshold: float, is_answered: np.ndarray, hits: np.ndarray) -> CoveragePoint:
    n = int(is_answered.sum())
    return CoveragePoint(
        threshold=threshold,
        coverage=n / len(hits),
        accuracy=wilson_interval(int(hits[is_answered].sum()), n),
    )


def _scores(probs: FloatArray, labels: IntArray) -> CalibrationScores:
    return CalibrationScores(
        ece=expected_calibration_error(probs, labels),
        brier=brier_score(probs, labels),
        log_loss=mean_log_loss(probs, labels),
    )


def _by_confidence(probs: FloatArray, labels: IntArray) -> tuple[FloatArray, FloatArray]:
    """Confidence and share of hits of each sample, least sure first, both of shape (n_samples,).

    Samples of equal confidence share their hits, so that it does not matter in which order they lie and where between
    them a bin ends.
    """
    if len(labels) == 0 or len(probs) != len(labels):
        raise ValueError(
            f"Calibration needs a label per row of probs, at least one; found {len(labels)}, {len(probs)}."
        )
    confidences = probs.max(axis=1).astype(np.float64)
    hits = probs.argmax(axis=1) == labels
    _, group, counts = np.unique(confidences, return_inverse=True, return_counts=True)
    shares = np.bincount(group, weights=hits) / counts
    order = np.argsort(confidences, kind="stable")
    return confidences[order], shares[group][order]


def _bin_starts(n_samples: int, n_bins: int) -> IntArray:
    """Where each bin begins in the sorted samples; bins differ by one sample at most."""
    n_used = min(n_bins, n_samples)
    return (np.arange(n_used) * n_samples) // n_used


def _mean_gap(confidences: FloatArray, hits: FloatArray, starts: IntArray) -> float:
    """Mean over the samples of |mean confidence - share of hits| of their bin."""
    return float(np.abs(np.add.reduceat(confidences - hits, starts)).sum() / len(hits))
