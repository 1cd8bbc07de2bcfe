"""Decisions tuned for macro-F1: a search that finds what trying everything finds, and a gain that is not flattered."""

import numpy as np
import pytest
from sklearn.metrics import f1_score

from core.training.decision import MIN_SAMPLES, OFFSETS, DecisionOffsets, _best_offset, decide, tune_offsets


def imbalanced(n, seed, *, shares=(0.85, 0.1, 0.05), skill=1.5):
    """Log probabilities of a model that knows the shares, and labels drawn by them."""
    rng = np.random.default_rng(seed)
    labels = rng.choice(len(shares), n, p=shares)
    scores = skill * np.eye(len(shares))[labels] + rng.normal(size=(n, len(shares))) + np.log(shares)
    return scores - np.log(np.exp(scores).sum(axis=1, keepdims=True)), labels


def test_the_step_along_a_class_is_the_best_of_all_that_could_be_tried():
    log_probs, labels = imbalanced(200, 0)
    offsets = np.array([0.4, 0.0, -0.2])
    for label in range(3):
        scores = []
        for value in OFFSETS:
            tried = np.where(np.arange(3) == label, value, offsets)
            scores.append(f1_score(labels, (log_probs + tried).argmax(axis=1), average="macro"))
        found = _best_offset(log_probs, labels, offsets, label)
        assert scores[int(np.flatnonzero(found == OFFSETS)[0])] == pytest.approx(max(scores))


def test_tuning_helps_rare_classes_on_samples_that_had_no_say():
    offsets, _ = tune_offsets(*imbalanced(1_000, 1), seed=0)
    log_probs, labels = imbalanced(5_000, 2)
    plain = f1_score(labels, log_probs.argmax(axis=1), average="macro")
    tuned = f1_score(labels, decide(log_probs, offsets), average="macro")
    assert tuned > plain + 0.02
    assert offsets.macro_f1 - offsets.macro_f1_before == pytest.approx(tuned - plain, abs=0.05)


def test_the_gain_that_is_told_is_that_of_the_decisions_given_back_and_lower_than_what_tuning_sees():
    log_probs, labels = imbalanced(300, 3)
    offsets, crossed = tune_offsets(log_probs, labels, seed=0)
    assert offsets.macro_f1 == pytest.approx(f1_score(labels, crossed, average="macro"))
    assert offsets.macro_f1_before == pytest.approx(f1_score(labels, log_probs.argmax(axis=1), average="macro"))
    assert offsets.macro_f1 < f1_score(labels, decide(log_probs, offsets), average="macro")


def test_where_tuning_does_not_help_the_most_probable_class_decides_and_the_reason_is_told():
    left = []
    for seed in range(10):
        log_probs, labels = imbalanced(200, seed, shares=(0.5, 0.5), skill=2.0)
        offsets, decisions = tune_offsets(log_probs, labels, seed=0)
        if offsets.why:
            left.append(seed)
            assert set(offsets.values) == {0.0}
            np.testing.assert_array_equal(decisions, log_probs.argmax(axis=1))
            assert "not better" in offsets.why
    assert len(left) >= 3


def test_few_samples_are_left_alone():
    log_probs, labels = imbalanced(MIN_SAMPLES - 1, 0)
    offsets, _ = tune_offsets(log_probs, labels, seed=0)
    assert "too few" in offsets.why
    np.testing.assert_array_equal(decide(log_probs, offsets), log_probs.argmax(axis=1))


def test_the_same_samples_give_the_same_offsets():
    first, second = (tune_offsets(*imbalanced(300, 5), seed=0)[0] for _ in range(2))
    assert first == second


@pytest.mark.parametrize(
    ("values", "label", "probability"),
    [((0.8, 0.0, 0.0), 0, 1 / (1 + np.exp(0.8))), ((0.0, 0.5), 0, 1 / (1 + np.exp(-0.5))), ((0.0, 0.0), 1, 0.5)],
)
def test_the_probability_from_which_on_a_class_is_decided_for(values, label, probability):
    offsets = DecisionOffsets(values=values, n=100, macro_f1_before=0.5, macro_f1=0.6)
    assert offsets.decides_at(label) == pytest.approx(probability)
    rest = np.full(len(values), 1e-9)
    for nudge, is_decided in ((0.01, True), (-0.01, False)):
        rest[label], rest[1 - label if len(values) == 2 else 1] = probability + nudge, 1 - probability - nudge
        assert (decide(np.log(rest)[None], offsets)[0] == label) == is_decided
