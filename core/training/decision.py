"""Deciding for a class before it is the most probable one, where that makes the classes' mean F1 better."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.special import log_softmax

from core.arrays import FloatArray, IntArray

MIN_SAMPLES = 30
N_FOLDS = 5
OFFSETS = np.round(np.arange(-3.0, 3.01, 0.2), 1)
"""What is tried for each class, nats; finer steps would follow single samples."""

MAX_SWEEPS = 10


@dataclass(frozen=True, kw_only=True, slots=True)
class DecisionOffsets:
    """What is added to the log probabilities of the classes before the largest decides; probabilities stay.

    Attributes:
        values: one per class, nats; above 0 a class is decided for before it is the most probable.
        n: validation samples they were tuned on.
        macro_f1_before: on these, of the most probable class; in [0, 1].
        macro_f1: on these, of offsets tuned without them, fold by fold; not flattered.
        why: why all are 0; empty where they were tuned.
    """

    values: tuple[float, ...]
    n: int
    macro_f1_before: float
    macro_f1: float
    why: str = ""

    def decides_at(self, label: int) -> float:
        """The probability from which on this class is decided for, where another, unmoved one has all the rest.

        With two classes the other one is the other one, moved or not.
        """
        rival = self.values[1 - label] if len(self.values) == 2 else 0.0
        return float(1 / (1 + np.exp(self.values[label] - rival)))


def tune_offsets(log_probs: FloatArray, labels: IntArray, *, seed: int) -> tuple[DecisionOffsets, IntArray]:
    """The offsets of the best macro-F1, by a search along one class after the other (Fan & Lin 2007).

    They are kept only if, tuned on four fifths of the samples, they are better on the last fifth than the most
    probable class is: what is tuned on few samples easily fits their luck.

    Args:
        log_probs: of the validation samples, scaled, shape (n_samples, n_classes).
        labels: true classes, shape (n_samples,).
        seed: draws the fifths.

    Returns:
        The offsets, and a decision for each of these samples that it had no say in, shape (n_samples,).
    """
    n, n_classes = log_probs.shape
    plain: IntArray = log_probs.argmax(axis=1)
    before = _macro_f1(plain, labels, n_classes)
    if n < MIN_SAMPLES:
        return _left_alone(n_classes, n, before, before, f"{n} validation samples are too few to tune it"), plain
    crossed = _cross_fitted(log_probs, labels, seed)
    after = _macro_f1(crossed, labels, n_classes)
    if after <= before:
        why = "on validation samples that had no say in them, tuned decisions were not better"
        return _left_alone(n_classes, n, before, after, why), plain
    values = tuple(_search(log_probs, labels).tolist())
    return DecisionOffsets(values=values, n=n, macro_f1_before=before, macro_f1=after), crossed


def decide(log_probs: FloatArray, offsets: DecisionOffsets) -> IntArray:
    """The class that each sample is given, shape (n_samples,)."""
    decisions: IntArray = (log_probs + np.array(offsets.values)).argmax(axis=1)
    return decisions


def decided_labels(logits: FloatArray, temperature: float, offsets: DecisionOffsets | None) -> IntArray:
    """The class that is decided for, shape (n_samples,): the most probable one, unless a run tuned its decisions.

    Args:
        logits: shape (n_samples, n_classes).
        temperature: what they are divided by.
        offsets: what was tuned; None for nothing.
    """
    if offsets is not None:
        return decide(scaled_log_probs(logits, temperature), offsets)
    most_probable: IntArray = logits.argmax(axis=1)
    return most_probable


def scaled_log_probs(logits: FloatArray, temperature: float) -> FloatArray:
    """Logarithms of the class probabilities, shape (n_samples, n_classes), float64."""
    log_probs: FloatArray = log_softmax(logits.astype(np.float64) / temperature, axis=1)
    return log_probs


def _left_alone(n_classes: int, n: int, before: float, after: float, why: str) -> DecisionOffsets:
    return DecisionOffsets(values=(0.0,) * n_classes, n=n, macro_f1_before=before, macro_f1=after, why=why)


def _cross_fitted(log_probs: FloatArray, labels: IntArray, seed: int) -> IntArray:
    """Each fifth, every class spread over all of them, decided by what the others tune."""
    drawn = np.random.default_rng(seed).permutation(len(labels))
    by_class = drawn[np.argsort(labels[drawn], kind="stable")]
    decisions = np.empty(len(labels), dtype=np.int64)
    for fold in range(N_FOLDS):
        held_out = by_class[fold::N_FOLDS]
        rest = np.setdiff1d(by_class, held_out)
        decisions[held_out] = (log_probs[held_out] + _search(log_probs[rest], labels[rest])).argmax(axis=1)
    return decisions


def _search(log_probs: FloatArray, labels: IntArray) -> FloatArray:
    """Sweeps over the classes until none of them wants to move, shape (n_classes,)."""
    offsets = np.zeros(log_probs.shape[1])
    for _ in range(MAX_SWEEPS):
        previous = offsets.copy()
        for label in range(len(offsets)):
            offsets[label] = _best_offset(log_probs, labels, offsets, label)
        if (offsets == previous).all():
            break
    return offsets


def _best_offset(log_probs: FloatArray, labels: IntArray, offsets: FloatArray, label: int) -> float:
    """The offset of one class under which the macro-F1 is highest, all others left; of equals the nearest to 0."""
    n_classes = len(offsets)
    others = log_probs + offsets
    others[:, label] = -np.inf
    rival = others.argmax(axis=1)
    needed = others.max(axis=1) - log_probs[:, label]
    place = np.searchsorted(OFFSETS, needed, side="right")  # from this offset on, the class takes the sample
    n_tried = len(OFFSETS)
    left = _left_to_rivals(place, rival, n_classes)
    left_right = _left_to_rivals(place[rival == labels], rival[rival == labels], n_classes)
    predicted, hits = left, left_right
    predicted[:, label] = np.cumsum(np.bincount(place, minlength=n_tried + 1))[:n_tried]
    hits[:, label] = np.cumsum(np.bincount(place[labels == label], minlength=n_tried + 1))[:n_tried]
    scores = _f1_of_counts(hits, predicted, np.bincount(labels, minlength=n_classes)).round(12)
    best = np.flatnonzero(scores == scores.max())
    return float(OFFSETS[best[np.abs(OFFSETS[best]).argmin()]])


def _left_to_rivals(place: IntArray, rival: IntArray, n_classes: int) -> IntArray:
    """How many samples each rival keeps under each offset, shape (n_offsets, n_classes)."""
    n_places = len(OFFSETS) + 1
    counts = np.bincount(place * n_classes + rival, minlength=n_places * n_classes).reshape(n_places, n_classes)
    kept: IntArray = (counts.sum(axis=0) - np.cumsum(counts, axis=0))[:-1]
    return kept


def _macro_f1(decisions: IntArray, labels: IntArray, n_classes: int) -> float:
    hits = np.bincount(labels[labels == decisions], minlength=n_classes)
    counts = (np.bincount(part, minlength=n_classes) for part in (decisions, labels))
    return float(_f1_of_counts(hits, *counts))


def _f1_of_counts(hits: IntArray, predicted: IntArray, support: IntArray) -> FloatArray:
    """Mean over the classes that have samples, over the last axis."""
    scores = 2 * hits / np.maximum(1, predicted + support)
    return np.asarray(scores[..., support > 0].mean(axis=-1))
