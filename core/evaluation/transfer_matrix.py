"""What a pretrained network takes samples for, set against what they are: the classifier it is without training."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from core.arrays import FloatArray, IntArray
from core.evaluation.transferability import HeldOutScore, score_hits

SMOOTHING = 0.01
"""Samples that every concept is given beforehand, in the classes' own proportions; less than any real one weighs."""

N_SHUFFLES = 99
LEVEL = 0.05
"""The source says something where at most this share of shuffled labels, the real ones included, does as well."""


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class TransferMatrix:
    """How the concepts of the source and the classes of the target go together.

    Attributes:
        class_given_concept: P(class | concept), shape (n_concepts, n_classes); each row sums to 1.
        concept_given_class: P(concept | class), shape (n_classes, n_concepts); each row sums to 1, or is 0 for a class
            without samples.
        log_expected_prediction: LEEP (Nguyen et al. 2020), nats, at most 0; compares nothing but targets of one source.
        zero_training: the classifier p(y | x) = sum over z of p(z | x) P(y | z), each sample left out of the P that it
            is classified with.
        says_nothing: whether the labels are no likelier under it than shuffled ones are.
        shuffled_share: of shuffled labels, the real ones included, what share is as likely, in (0, 1].
    """

    class_given_concept: FloatArray
    concept_given_class: FloatArray
    log_expected_prediction: float
    zero_training: HeldOutScore
    says_nothing: bool
    shuffled_share: float


def build_transfer_matrix(theta: FloatArray, labels: IntArray, n_classes: int, *, seed: int = 0) -> TransferMatrix:
    """Relate source concepts to target classes.

    `says_nothing` follows a permutation test: the mean log-probability of the labels, each sample left out, is compared
    with that of 99 shuffles of the same labels; where more than 5 % of these 100 are as high, the source shows nothing
    that separates the classes.

    Args:
        theta: what the source head takes each sample for, shape (n_samples, n_concepts), each row sums to 1.
        labels: shape (n_samples,), integers in [0, n_classes).
        n_classes: number of classes.
        seed: fixes the shuffles.

    Raises:
        ValueError: fewer than two samples, or theta and labels disagree on n_samples.
    """
    if len(labels) < 2 or len(labels) != len(theta):
        raise ValueError(f"needs at least two samples with a label each, found {len(theta)} and {len(labels)}")
    joint = _joint(theta, labels, n_classes)
    given_concept = _class_given_concept(joint, labels, n_classes)
    expected = theta @ given_concept
    predictions = left_out_probs(theta, labels, n_classes).argmax(axis=1)
    share = _shuffled_share(theta, labels, n_classes, seed)
    return TransferMatrix(
        class_given_concept=given_concept,
        concept_given_class=joint / np.maximum(joint.sum(axis=1, keepdims=True), np.finfo(np.float64).tiny),
        log_expected_prediction=float(np.log(expected[np.arange(len(labels)), labels]).mean()),
        zero_training=score_hits(predictions == labels, labels),
        says_nothing=share > LEVEL,
        shuffled_share=share,
    )


def top_concepts(matrix: TransferMatrix, label: int, names: Sequence[str], n: int = 5) -> tuple[tuple[str, float], ...]:
    """What the source most takes a class for: names with P(concept | class), the highest first."""
    probs = matrix.concept_given_class[label]
    return tuple((names[at], float(probs[at])) for at in likely_concepts(matrix, label, n))


def likely_concepts(matrix: TransferMatrix, label: int, n: int) -> list[int]:
    """Numbers of the concepts that the source most takes a class for, the likeliest first."""
    order: list[int] = np.argsort(-matrix.concept_given_class[label], kind="stable")[:n].tolist()
    return order


def left_out_probs(theta: FloatArray, labels: IntArray, n_classes: int) -> FloatArray:
    """p(y | x) of every sample under a matrix made from all others; shape (n_samples, n_classes), rows sum to 1.

    Args:
        theta: shape (n_samples, n_concepts), each row sums to 1.
        labels: shape (n_samples,), integers in [0, n_classes).
        n_classes: number of classes.
    """
    rows = np.arange(len(labels))
    weights = _left_out_weights(theta)
    prior = SMOOTHING * _class_shares(labels, n_classes)
    probs = weights @ (_joint(theta, labels, n_classes) + prior[:, None]).T
    probs[rows, labels] -= (weights * theta).sum(axis=1)
    return np.asarray(probs)


def _joint(theta: FloatArray, labels: IntArray, n_classes: int) -> FloatArray:
    """Samples of each class in each concept, shape (n_classes, n_concepts)."""
    joint: FloatArray = np.eye(n_classes)[labels].T @ theta
    return joint


def _class_shares(labels: IntArray, n_classes: int) -> FloatArray:
    return np.asarray(np.bincount(labels, minlength=n_classes) / len(labels))


def _class_given_concept(joint: FloatArray, labels: IntArray, n_classes: int) -> FloatArray:
    """Shape (n_concepts, n_classes); a concept that no sample shows at all says what the classes' shares say."""
    mass = joint.sum(axis=0)
    shares = joint / np.where(mass > 0, mass, 1.0)
    return np.where(mass > 0, shares, _class_shares(labels, n_classes)[:, None]).T


def _left_out_weights(theta: FloatArray) -> FloatArray:
    """A sample's share of each concept over what all others have of it; shape (n_samples, n_concepts)."""
    weights: FloatArray = theta / (np.maximum(theta.sum(axis=0) - theta, 0.0) + SMOOTHING)
    return weights


def _shuffled_share(theta: FloatArray, labels: IntArray, n_classes: int, seed: int) -> float:
    rng = np.random.default_rng(seed)
    weights = _left_out_weights(theta)
    own = (weights * theta).sum(axis=1)
    prior = SMOOTHING * _class_shares(labels, n_classes)
    rows = np.arange(len(labels))

    def log_probability(order: IntArray) -> float:
        shuffled = labels[order]
        scores = weights @ (_joint(theta, shuffled, n_classes) + prior[:, None]).T
        found = scores[rows, shuffled] - own
        return float(np.log(np.maximum(found, np.finfo(np.float64).tiny)).mean())

    real = log_probability(rows)
    n_as_high = sum(log_probability(rng.permutation(len(labels))) >= real - 1e-9 for _ in range(N_SHUFFLES))
    return (n_as_high + 1) / (N_SHUFFLES + 1)
