"""Temperature scaling: what it repairs, what it never changes, and when it says that it cannot know."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.special import softmax

from core.training.temperature import (
    MIN_SAMPLES,
    USUAL_DISTANCE,
    cross_fitted_probs,
    fit_temperature,
    sample_losses,
    scaled_probs,
)


def honest_logits(n, n_classes=4, seed=0):
    """Logits whose softmax is the very distribution the labels are drawn from."""
    rng = np.random.default_rng(seed)
    logits = 1.5 * rng.normal(size=(n, n_classes))
    labels = np.array([rng.choice(n_classes, p=row) for row in softmax(logits, axis=1)])
    return logits.astype(np.float32), labels


@pytest.mark.parametrize("factor", [0.4, 1.0, 3.0])
def test_a_model_that_is_too_sure_by_a_factor_gets_that_factor_as_its_temperature(factor):
    logits, labels = honest_logits(4000)
    found = fit_temperature(factor * logits, labels)
    assert found.value == pytest.approx(factor, rel=0.1)
    assert (found.n, found.why) == (4000, "")


def test_scaling_lowers_the_log_loss_of_an_overconfident_model_on_samples_it_was_not_fitted_on():
    logits, labels = honest_logits(600)
    logits = 4 * logits
    temperature = fit_temperature(logits[:300], labels[:300]).value
    plain, scaled = (sample_losses(logits[300:], labels[300:], value).mean() for value in (1.0, temperature))
    assert scaled < plain - 0.5


def test_no_temperature_is_likelier_after_the_samples_and_before_them_than_the_fitted_one():
    logits, labels = honest_logits(200, seed=3)

    def surprise(temperature):
        return sample_losses(2 * logits, labels, temperature).sum() + abs(np.log(temperature)) / USUAL_DISTANCE

    lowest = surprise(fit_temperature(2 * logits, labels).value)
    assert all(lowest <= surprise(other) + 1e-6 for other in np.geomspace(0.05, 20, 200))


def test_a_slight_hint_leaves_it_at_one_and_says_so():
    logits, labels = honest_logits(60, seed=2)
    plain = min(np.geomspace(0.5, 2, 301), key=lambda value: sample_losses(logits, labels, value).mean())
    found = fit_temperature(logits, labels)
    assert plain != pytest.approx(1.0, abs=0.01)
    assert found.value == 1.0
    assert "do not show clearly" in found.why


@pytest.mark.parametrize("n", [40, 80])
def test_few_samples_harm_an_honest_model_less_than_plain_fitting_does(n):
    logits, labels = honest_logits(n * 60)
    harm, plain_harm = [], []
    for start in range(0, n * 30, n):
        here, others = slice(start, start + n), slice(n * 30, n * 60)
        plain = min(
            np.geomspace(0.2, 5, 201), key=lambda value: sample_losses(logits[here], labels[here], value).mean()
        )
        unscaled = sample_losses(logits[others], labels[others], 1.0).mean()
        fitted = fit_temperature(logits[here], labels[here]).value
        harm.append(sample_losses(logits[others], labels[others], fitted).mean() - unscaled)
        plain_harm.append(sample_losses(logits[others], labels[others], plain).mean() - unscaled)
    assert np.mean(harm) < 0.6 * np.mean(plain_harm)


def test_losses_at_temperature_one_are_the_cross_entropy():
    logits, labels = np.log([[0.7, 0.2, 0.1], [0.1, 0.8, 0.1]]), np.array([0, 2])
    assert sample_losses(logits, labels, 1.0) == pytest.approx([-np.log(0.7), -np.log(0.1)])


@settings(max_examples=50, deadline=None)
@given(temperature=st.floats(0.05, 20.0), seed=st.integers(0, 2**16), n_classes=st.integers(2, 9))
def test_probabilities_sum_to_one_and_keep_the_order_of_the_logits(temperature, seed, n_classes):
    logits = 4 * np.random.default_rng(seed).normal(size=(20, n_classes)).astype(np.float32)
    probs = scaled_probs(logits, temperature)
    assert probs.sum(axis=1) == pytest.approx(1, abs=1e-5)
    along = np.take_along_axis(probs, logits.argsort(axis=1), axis=1)
    assert (np.diff(along, axis=1) >= 0).all()  # equal only where rounding made two equal


def test_with_few_samples_it_stays_at_one_and_says_why():
    logits, labels = honest_logits(MIN_SAMPLES - 1)
    found = fit_temperature(5 * logits, labels)
    assert found.value == 1.0
    assert "29 validation samples are too few" in found.why
    logits, labels = honest_logits(MIN_SAMPLES)
    assert fit_temperature(5 * logits, labels).why == ""


def test_where_every_sample_is_right_it_stays_at_one_instead_of_claiming_certainty():
    labels = np.arange(60) % 3
    found = fit_temperature(np.eye(3)[labels], labels)
    assert found.value == 1.0
    assert "every validation sample is right" in found.why


def test_a_sample_has_a_say_only_in_the_temperature_of_the_half_it_is_not_in():
    logits, labels = honest_logits(80)
    before = cross_fitted_probs(3 * logits, labels, seed=0)
    spoilt = 3 * logits
    spoilt[5] = np.where(np.arange(4) == labels[5], -60.0, 60.0)
    after = cross_fitted_probs(spoilt, labels, seed=0)
    same = (after == before).all(axis=1)
    assert same.sum() == 39  # its own half, itself left out
    assert not same[5]


def test_cross_fitted_probabilities_are_better_than_plain_ones_for_an_overconfident_model():
    logits, labels = honest_logits(400)
    probs = cross_fitted_probs(4 * logits, labels, seed=0)
    scaled = -np.log(probs[np.arange(400), labels]).mean()
    assert scaled < sample_losses(4 * logits, labels, 1.0).mean() - 0.5
    assert scaled >= sample_losses(4 * logits, labels, fit_temperature(4 * logits, labels).value).mean() - 1e-6
