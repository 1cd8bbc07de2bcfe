"""The simpler of two states is shipped unless the other is better by more than one standard error."""

import numpy as np
import pytest

from core.training.shipping import Answers, Gain, answers_of, judge_training

LABELS = np.arange(200) % 2


def judge(fitted_hits, trained_hits, *, fitted_loss=0.5, trained_loss=0.5, labels=LABELS):
    """The verdict where so many of the first samples of each class are right; losses as given, or per sample."""

    def answers(n_hits, loss):
        hits = np.arange(len(labels)) < n_hits
        return Answers(hits=hits, losses=np.broadcast_to(np.asarray(loss, dtype=float), len(labels)))

    return judge_training(answers(fitted_hits, fitted_loss), answers(trained_hits, trained_loss), labels)


@pytest.mark.parametrize(
    ("fitted", "trained", "reason"),
    [
        (150, 190, "hits"),
        (150, 150, "not-clear"),
        (150, 151, "not-clear"),
        (150, 140, "not-clear"),
        (200, 200, "no-mistake"),
    ],
)
def test_hits_decide_where_they_differ_by_more_than_their_error(fitted, trained, reason):
    verdict = judge(fitted, trained)
    assert verdict.reason == reason
    assert verdict.is_worth_it == (reason == "hits")
    assert verdict.accuracy.value == pytest.approx((trained - fitted) / 200)


def test_equally_many_hits_with_clearly_better_probabilities_are_worth_it():
    assert judge(150, 150, trained_loss=0.4).reason == "probabilities"
    assert judge(150, 150, trained_loss=0.6).reason == "not-clear"


def test_a_gain_in_loss_that_is_within_its_error_is_not_worth_it():
    noisy = 0.5 + np.random.default_rng(0).normal(size=200)
    noisy += 0.5 - 0.02 - noisy.mean()
    assert judge(150, 150, trained_loss=noisy).reason == "not-clear"


def test_better_probabilities_do_not_excuse_clearly_fewer_hits_and_more_hits_excuse_worse_probabilities():
    assert judge(150, 130, trained_loss=0.3).reason == "not-clear"
    assert judge(130, 150, trained_loss=0.9).reason == "hits"


def test_what_is_hard_for_both_does_not_blur_the_comparison():
    # Alone, 150 and 157 hits of 200 are far from distinguishable; that nothing was lost for them is.
    assert judge(150, 157).reason == "hits"


def test_a_rare_class_counts_as_much_as_a_frequent_one():
    labels = np.array([0] * 190 + [1] * 10)
    hits = np.ones(200, dtype=bool)
    fitted, trained = hits.copy(), hits.copy()
    fitted[190:] = False  # the head never finds the rare class
    trained[:10] = False  # the other state finds it, and loses as many of the frequent one
    losses = np.full(200, 0.5)
    verdict = judge_training(Answers(hits=fitted, losses=losses), Answers(hits=trained, losses=losses), labels)
    assert verdict.reason == "hits"
    assert verdict.accuracy.value == pytest.approx((1 - 10 / 190) / 2)


def test_a_model_that_is_only_surer_of_the_same_answers_is_not_better():
    rng = np.random.default_rng(0)
    labels = rng.integers(0, 3, 300)
    logits = 1.5 * np.eye(3)[labels] + rng.normal(size=(300, 3))
    verdict = judge_training(answers_of(logits, labels), answers_of(5 * logits, labels), labels)
    assert verdict.reason == "not-clear"
    assert abs(verdict.loss.value) < 1e-3


def test_a_gain_is_clear_only_beyond_its_error():
    assert Gain(value=0.02, error=0.01).is_clear
    assert not Gain(value=0.01, error=0.01).is_clear
    assert Gain(value=-0.02, error=0.01).is_clear_loss
    assert not Gain(value=0.0, error=0.0).is_clear


def test_a_single_validation_sample_decides_nothing():
    one, none = (Answers(hits=np.array([hit]), losses=np.array([0.5])) for hit in (True, False))
    assert judge_training(none, one, np.array([0])).reason == "not-clear"
