"""When to say "I don't know": the smallest threshold that is sure to be enough, and what cannot be reached."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import binomtest

from core.evaluation.rejection import choose_rejection, lower_bound, outcome, samples_needed


def answers(n, seed, *, skill=1.0):
    """Confidences that are exactly true: right as often as they say."""
    rng = np.random.default_rng(seed)
    confidences = rng.uniform(0.3, 1.0, n) ** (1 / (1 + skill))
    return confidences, rng.random(n) < confidences


def test_the_bound_is_the_exact_one_of_scipy():
    for right, n in ((0, 5), (3, 5), (5, 5), (190, 200)):
        expected = binomtest(right, n, alternative="greater").proportion_ci(0.95, method="exact").low
        assert lower_bound(np.array([right]), np.array([n]))[0] == pytest.approx(expected)


def test_the_threshold_is_the_smallest_whose_bound_reaches_what_is_wanted():
    confidences = np.concatenate([np.linspace(0.99, 0.8, 100), np.linspace(0.7, 0.5, 100)])
    hits = np.arange(200) < 100
    found = choose_rejection(confidences, hits, 0.95)
    n_answered = int((confidences >= found.threshold).sum())
    assert lower_bound(np.array([100]), np.array([n_answered]))[0] >= 0.95
    assert lower_bound(np.array([100]), np.array([n_answered + 1]))[0] < 0.95
    assert (found.val.coverage, found.val.accuracy.value) == (n_answered / 200, min(1.0, 100 / n_answered))


@settings(max_examples=60, deadline=None)
@given(st.integers(1, 300), st.integers(0, 1000), st.sampled_from([1, 8]), st.sampled_from([0.8, 0.95]))
def test_samples_of_one_confidence_are_answered_together(n, seed, digits, precision):
    confidences, hits = answers(n, seed)
    confidences = confidences.round(digits)
    found = choose_rejection(confidences, hits, precision)
    if found.threshold is None:
        assert found.why
        return
    is_answered = confidences >= found.threshold
    assert lower_bound(hits[is_answered].sum(), is_answered.sum()) >= precision
    assert found.val.coverage == pytest.approx(is_answered.mean())
    for lower in np.unique(confidences[~is_answered]):
        more = confidences >= lower
        assert lower_bound(hits[more].sum(), more.sum()) < precision


def test_what_was_promised_is_kept_on_other_samples_in_most_cases():
    kept = []
    for seed in range(100):
        found = choose_rejection(*answers(500, seed, skill=4.0), 0.9)
        kept.append(outcome(*answers(5_000, 1000 + seed, skill=4.0), threshold=found.threshold).accuracy.value >= 0.9)
    assert np.mean(kept) >= 0.85


def test_too_few_samples_are_told_with_the_number_that_it_takes():
    found = choose_rejection(np.linspace(0.9, 1, 40), np.ones(40, dtype=bool), 0.99)
    assert found.threshold is None
    assert found.why == (
        "40 validation samples are too few: even if all were right, it would take 299 to be sure of it"
    )
    needed = samples_needed(0.99)
    assert choose_rejection(np.ones(needed), np.ones(needed, dtype=bool), 0.99).threshold == 1.0
    assert choose_rejection(np.ones(needed - 1), np.ones(needed - 1, dtype=bool), 0.99).threshold is None


def test_a_model_that_is_wrong_where_it_is_sure_cannot_reach_it():
    confidences = np.linspace(0.3, 1, 400)
    found = choose_rejection(confidences, confidences < 0.6, 0.95)
    assert found.threshold is None
    assert "surest" in found.why


def test_no_samples_are_too_few():
    assert "0 validation samples" in choose_rejection(np.empty(0), np.empty(0, dtype=bool), 0.9).why


def test_a_threshold_above_all_test_samples_answers_nothing_there():
    found = outcome(np.array([0.5, 0.6]), np.array([True, True]), threshold=0.7)
    assert (found.coverage, found.accuracy.low) == (0.0, None)
