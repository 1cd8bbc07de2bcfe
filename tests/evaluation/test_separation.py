"""Areas under both curves: the library's numbers, intervals that hold the truth, and what cannot be computed."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import norm
from sklearn.metrics import average_precision_score, roc_auc_score, top_k_accuracy_score

from core.evaluation.separation import (
    area_under_roc,
    auroc_interval,
    average_precision,
    average_precision_interval,
    judge_separation,
)

AREAS = (area_under_roc, average_precision)
NAMES = tuple(f"class {number}" for number in range(6))


def scored(n_positive, n_negative, distance, rng, *, digits=8):
    is_positive = np.arange(n_positive + n_negative) < n_positive
    return (rng.normal(size=len(is_positive)) + distance * is_positive).round(digits), is_positive


@st.composite
def columns(draw):
    counts = draw(st.integers(1, 12)), draw(st.integers(1, 40))
    digits = draw(st.sampled_from([0, 1, 8]))  # rounded: many are equal
    return scored(*counts, draw(st.floats(-1, 3)), np.random.default_rng(draw(st.integers(0, 2**16))), digits=digits)


def answers(n, n_classes, seed=0):
    rng = np.random.default_rng(seed)
    labels = np.arange(n) % n_classes
    logits = 1.2 * np.eye(n_classes)[labels] + rng.normal(size=(n, n_classes))
    return np.exp(logits) / np.exp(logits).sum(axis=1, keepdims=True), labels


@settings(max_examples=80, deadline=None)
@given(columns())
def test_the_areas_are_those_of_scikit_learn_with_and_without_ties(column):
    scores, is_positive = column
    assert area_under_roc(*column)[0] == pytest.approx(roc_auc_score(is_positive, scores))
    assert average_precision(*column)[0] == pytest.approx(average_precision_score(is_positive, scores))


@pytest.mark.parametrize("area_of", AREAS)
@pytest.mark.parametrize("digits", [1, 8])
def test_the_influence_of_a_sample_is_what_a_little_more_of_it_changes(area_of, digits):
    scores, is_positive = scored(5, 20, 1.0, np.random.default_rng(1), digits=digits)
    score_of = roc_auc_score if area_of is area_under_roc else average_precision_score
    _, influence = area_of(scores, is_positive)
    for row in range(len(scores)):
        weights = np.ones(len(scores))
        weights[row] += 1e-6
        changed = score_of(is_positive, scores, sample_weight=weights) - score_of(is_positive, scores)
        assert influence[row] == pytest.approx(changed / 1e-6, abs=1e-4)


@pytest.mark.parametrize(("n_positive", "n_negative", "distance"), [(5, 100, 1.0), (10, 90, 2.0), (20, 200, 3.0)])
def test_the_intervals_hold_the_true_areas_about_as_often_as_they_say(n_positive, n_negative, distance):
    rng = np.random.default_rng(0)
    true_area = norm.cdf(distance / 2**0.5)
    true_precision = average_precision(*scored(4_000, 4_000 * n_negative // n_positive, distance, rng))[0]
    n_held = np.zeros(2)
    for _ in range(200):
        column = scored(n_positive, n_negative, distance, rng)
        found = (
            auroc_interval(area_under_roc(*column)[0], n_positive, n_negative),
            average_precision_interval(average_precision(*column)[0], n_positive),
        )
        for place, (interval, truth) in enumerate(zip(found, (true_area, true_precision), strict=True)):
            n_held[place] += interval.low is not None and interval.low <= truth <= interval.high
    assert (n_held >= 0.91 * 200).all()


def test_the_macro_intervals_are_as_wide_as_resampling_finds_them():
    probs, labels = answers(240, 4)
    found = judge_separation(probs, labels, NAMES[:4])
    rng = np.random.default_rng(0)
    drawn = []
    for _ in range(200):
        rows = rng.integers(0, len(labels), len(labels))
        columns = [(probs[rows, label], labels[rows] == label) for label in range(4)]
        drawn.append(
            [np.mean([area_of(*one)[0] for one in columns]) for area_of in (area_under_roc, average_precision)]
        )
    for interval, spread in zip((found.macro_auroc, found.macro_average_precision), np.std(drawn, axis=0), strict=True):
        assert (interval.high - interval.low) / 2 == pytest.approx(1.96 * spread, rel=0.2)
        assert interval.low < interval.value < interval.high


def test_a_perfect_class_has_an_area_of_one_and_says_how_sure_that_is():
    interval = auroc_interval(1.0, 5, 20)
    assert interval.high == 1.0
    assert 0.6 < interval.low < 0.95
    assert auroc_interval(1.0, 50, 200).low > interval.low
    perfect = average_precision_interval(1.0, 5)
    assert (perfect.value, perfect.low) == (1.0, None)
    assert "no width" in perfect.why


def test_a_class_that_the_split_lacks_says_so_and_is_left_out_of_the_means():
    probs, labels = answers(60, 3)
    wider = np.concatenate([probs, np.zeros((60, 1))], axis=1)
    found = judge_separation(wider, labels, NAMES[:4])
    missing = found.classes[3]
    assert (missing.auroc, missing.average_precision, missing.n) == (None, None, 0)
    assert missing.why == "the split has no sample of this class"
    assert found.macro_auroc == judge_separation(probs, labels, NAMES[:3]).macro_auroc


def test_a_split_of_one_class_has_no_means():
    found = judge_separation(np.array([[0.9, 0.1], [0.8, 0.2]]), np.array([0, 0]), NAMES[:2])
    assert (found.macro_auroc, found.macro_average_precision) == (None, None)
    assert [row.why != "" for row in found.classes] == [True, True]


@pytest.mark.parametrize(("n_classes", "ks"), [(3, []), (4, [3]), (5, [3]), (6, [3, 5])])
def test_top_k_is_told_where_there_are_more_classes_than_k(n_classes, ks):
    probs, labels = answers(60, n_classes)
    top = judge_separation(probs, labels, NAMES[:n_classes]).top
    assert [one.k for one in top] == ks
    for one in top:
        assert one.accuracy.value == pytest.approx(top_k_accuracy_score(labels, probs, k=one.k))
        assert one.accuracy.low <= one.accuracy.value <= one.accuracy.high
