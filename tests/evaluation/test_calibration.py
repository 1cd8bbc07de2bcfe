"""Calibration: worked examples, and laws that hold for any probabilities."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.evaluation.calibration import (
    brier_score,
    calibration_error_by_chance,
    coverage_curve,
    expected_calibration_error,
    judge_calibration,
    mean_log_loss,
    reliability_curve,
    top_accuracy,
)


def two_classes(confidences, hits):
    """Probabilities of the answer 0, and labels that make it right or wrong."""
    confidences = np.asarray(confidences, dtype=float)
    return np.stack([confidences, 1 - confidences], axis=1), np.where(hits, 0, 1)


@st.composite
def answers(draw):
    n, n_classes = draw(st.integers(1, 60)), draw(st.integers(2, 6))
    rng = np.random.default_rng(draw(st.integers(0, 2**16)))
    probs = rng.dirichlet(np.full(n_classes, draw(st.sampled_from([0.2, 1.0, 5.0]))), n)
    return probs.round(draw(st.sampled_from([1, 8]))) + 1e-9, rng.integers(0, n_classes, n)  # rounded: many are equal


@pytest.mark.parametrize(
    ("confidences", "hits", "n_bins", "error"),
    [
        ([0.8] * 10, [1] * 8 + [0] * 2, 15, 0.0),  # 80 % sure and right 80 % of the time
        ([0.8] * 10, [1] * 5 + [0] * 5, 15, 0.3),
        ([1.0] * 4, [1, 1, 1, 0], 15, 0.25),
        ([0.6, 0.6, 0.9, 0.9], [1, 0, 1, 1], 2, 0.1),  # both halves are off by a tenth, in opposite directions
        ([0.6, 0.6, 0.9, 0.9], [1, 0, 1, 1], 1, 0.0),  # in one bin that cancels
        ([0.7], [0], 15, 0.7),
    ],
)
def test_the_calibration_error_of_worked_examples(confidences, hits, n_bins, error):
    assert expected_calibration_error(*two_classes(confidences, hits), n_bins=n_bins) == pytest.approx(error)


@settings(max_examples=60, deadline=None)
@given(answers(), st.integers(1, 20), st.integers(0, 100))
def test_the_calibration_error_is_a_fraction_and_does_not_depend_on_the_order_of_the_samples(given_, n_bins, seed):
    probs, labels = given_
    order = np.random.default_rng(seed).permutation(len(labels))
    found = expected_calibration_error(probs, labels, n_bins=n_bins)
    assert -1e-12 <= found <= 1 + 1e-6
    assert found == pytest.approx(expected_calibration_error(probs[order], labels[order], n_bins=n_bins))


@settings(max_examples=60, deadline=None)
@given(answers(), st.integers(1, 20))
def test_no_bins_hide_that_confidence_and_accuracy_differ_on_the_whole(given_, n_bins):
    probs, labels = given_
    on_the_whole = abs(probs.max(axis=1).mean() - (probs.argmax(axis=1) == labels).mean())
    assert expected_calibration_error(probs, labels, n_bins=n_bins) >= on_the_whole - 1e-9


def test_bins_hold_equally_many_samples():
    probs, labels = two_classes(np.linspace(0.5, 1, 47), np.ones(47))
    lows = [point.accuracy.low for point in reliability_curve(probs, labels, n_bins=15)]
    sizes = [round(1.96**2 * low / (1 - low)) for low in lows]  # of all hits, the interval tells how many there are
    assert len(sizes) == 15
    assert sum(sizes) == 47
    assert max(sizes) - min(sizes) == 1


def test_arrays_that_do_not_fit_are_refused():
    with pytest.raises(ValueError, match="label per row"):
        expected_calibration_error(np.full((2, 2), 0.5), np.array([0]))
    with pytest.raises(ValueError, match="label per row"):
        expected_calibration_error(np.empty((0, 2)), np.array([], dtype=int))


def test_the_error_by_chance_is_what_true_confidences_show_and_falls_with_more_samples():
    rng = np.random.default_rng(0)
    by_chance, shown = {}, {}
    for n in (60, 6000):
        confidences = rng.uniform(0.5, 1, n)
        by_chance[n] = calibration_error_by_chance(np.stack([confidences, 1 - confidences], axis=1))
        shown[n] = np.mean(
            [expected_calibration_error(*two_classes(confidences, rng.random(n) < confidences)) for _ in range(50)]
        )
        assert by_chance[n] == pytest.approx(shown[n], rel=0.15)
    assert by_chance[6000] < 0.3 * by_chance[60]


def test_the_reliability_curve_tells_confidence_and_hit_rate_of_each_bin():
    probs, labels = two_classes([0.6] * 10 + [0.9] * 10, [1] * 5 + [0] * 5 + [1] * 10)
    unsure, sure = reliability_curve(probs, labels, n_bins=2)
    assert (unsure.confidence, unsure.accuracy.value) == (pytest.approx(0.6), 0.5)
    assert (sure.confidence, sure.accuracy.value) == (pytest.approx(0.9), 1.0)
    assert unsure.accuracy.low < 0.5 < unsure.accuracy.high


def test_scores_of_worked_examples():
    probs, labels = np.array([[0.7, 0.2, 0.1], [0.1, 0.1, 0.8]]), np.array([0, 1])
    assert brier_score(probs, labels) == pytest.approx(((0.09 + 0.04 + 0.01) + (0.01 + 0.81 + 0.64)) / 2)
    assert mean_log_loss(probs, labels) == pytest.approx(-(np.log(0.7) + np.log(0.1)) / 2)
    assert np.isfinite(mean_log_loss(np.array([[1.0, 0.0]]), np.array([1])))


@pytest.mark.parametrize(("n_top", "share"), [(1, 0.5), (2, 0.75), (3, 1.0)])
def test_top_accuracy_counts_the_class_among_the_first_few(n_top, share):
    probs = np.array([[0.5, 0.3, 0.2], [0.2, 0.5, 0.3], [0.5, 0.3, 0.2], [0.5, 0.3, 0.2]])
    assert top_accuracy(probs, np.array([0, 1, 1, 2]), n_top=n_top).value == share


def test_the_coverage_curve_answers_the_surest_first():
    probs, labels = two_classes([0.99, 0.95, 0.9, 0.6], [1, 1, 0, 0])
    points = coverage_curve(probs, labels)
    told = [(point.coverage, point.threshold, point.accuracy.value) for point in points]
    assert told == [(0.25, 0.99, 1.0), (0.5, 0.95, 1.0), (0.75, 0.9, pytest.approx(2 / 3)), (1.0, 0.6, 0.5)]


@settings(max_examples=60, deadline=None)
@given(answers())
def test_coverage_rises_to_everything_while_the_threshold_falls(given_):
    probs, labels = given_
    points = coverage_curve(probs, labels)
    coverages, thresholds = ([getattr(point, name) for point in points] for name in ("coverage", "threshold"))
    assert coverages == sorted(set(coverages))
    assert thresholds == sorted(thresholds, reverse=True)
    assert coverages[-1] == 1.0
    assert points[-1].accuracy.value == pytest.approx((probs.argmax(axis=1) == labels).mean())
    for point in points:
        assert point.coverage == pytest.approx((probs.max(axis=1) >= point.threshold).mean())


def test_the_judgement_compares_before_and_after_and_knows_top_3_only_of_more_than_three_classes():
    rng = np.random.default_rng(0)
    after = rng.dirichlet(np.ones(4), 200)
    labels = np.array([rng.choice(4, p=row) for row in after])
    before = after**4 / (after**4).sum(axis=1, keepdims=True)
    found = judge_calibration(before, after, labels, how="held-out")
    assert found.after.ece < found.before.ece - 0.1
    assert found.after.log_loss < found.before.log_loss
    assert found.after.brier < found.before.brier
    assert 0.5 * found.ece_by_chance < found.after.ece < 2 * found.ece_by_chance
    assert found.top_3_accuracy.value == pytest.approx(np.mean(after.argmin(axis=1) != labels))
    assert (len(found.reliability), found.coverage[-1].coverage) == (15, 1.0)
    few = judge_calibration(before[:, :2], after[:, :2], labels % 2, how="unscaled")
    assert few.top_3_accuracy is None


def test_few_samples_make_few_points_of_the_reliability_curve():
    probs, labels = two_classes(np.linspace(0.5, 1, 38), np.ones(38))
    assert len(judge_calibration(probs, probs, labels, how="unscaled").reliability) == 3
