"""Leave-one-out in closed form against fits that are really repeated."""

import numpy as np
import pytest

from core.training import ridge
from core.training.ridge import leave_one_out
from core.training.standardiser import Standardiser


def clouds(n_classes, n, width, seed=0):
    rng = np.random.default_rng(seed)
    labels = rng.permutation(np.arange(n) % n_classes)
    values = rng.normal(size=(n_classes, width))[labels] + 1.5 * rng.normal(size=(n, width))
    return (values * rng.uniform(0.1, 3.0, width) + 2.0).astype(np.float32), labels


def refit_without(scaled, targets, left_out, penalty):
    """Scores of one sample under a ridge regression with an intercept, fitted to all others."""
    rest = np.arange(len(scaled)) != left_out
    mean, offset = scaled[rest].mean(axis=0), targets[rest].mean(axis=0)
    centred = scaled[rest] - mean
    inner = centred.T @ centred + penalty * np.eye(scaled.shape[1])
    return offset + (scaled[left_out] - mean) @ np.linalg.solve(inner, centred.T @ (targets[rest] - offset))


@pytest.mark.parametrize(("n", "width"), [(30, 50), (80, 12), (13, 13)])
@pytest.mark.parametrize("penalty", ridge.PENALTIES)
def test_every_residual_is_that_of_a_fit_without_the_sample(monkeypatch, n, width, penalty):
    monkeypatch.setattr(ridge, "CHUNK_ROWS", 32)
    features, labels = clouds(3, n, width)
    scaled = Standardiser(features)(features)
    coordinates, targets = ridge._Coordinates(scaled), np.eye(3)[labels]
    lambdas = np.array([penalty]) * coordinates.mean_square
    found = np.concatenate([residuals[0] for _, residuals in ridge._residuals(coordinates, targets, lambdas)])
    repeated = [targets[row] - refit_without(scaled.astype(float), targets, row, lambdas[0]) for row in range(n)]
    np.testing.assert_allclose(found, repeated, atol=1e-6)


@pytest.mark.parametrize(("n", "width"), [(40, 60), (90, 15)])
def test_predictions_and_numbers_are_those_of_fits_without_each_sample(n, width):
    features, labels = clouds(4, n, width)
    found = leave_one_out(features, labels, 4)
    scaled, targets = Standardiser(features)(features).astype(float), np.eye(4)[labels]
    repeated = [refit_without(scaled, targets, row, found.penalty).argmax() for row in range(n)]
    assert found.predictions.tolist() == repeated
    assert found.accuracy == np.mean(repeated == labels)
    assert 0 < found.macro_f1 <= 1
    assert found.n == n


def test_the_penalty_with_the_lowest_squared_error_is_taken():
    noise = np.random.default_rng(0).normal(size=(60, 40)).astype(np.float32)
    clear, labels = clouds(3, 60, 40)
    clear += 20 * np.eye(40, dtype=np.float32)[labels]
    strongest = leave_one_out(noise, labels, 3)
    assert strongest.penalty > 100 * leave_one_out(clear, labels, 3).penalty
    alone = [leave_one_out(noise, labels, 3, penalties=(one,)) for one in ridge.PENALTIES]
    assert strongest.penalty == max(one.penalty for one in alone)


def test_a_class_with_a_single_sample_is_wrong_when_it_is_left_out():
    features, labels = clouds(2, 41, 10)
    labels[7] = 2
    features[7] += 50.0
    assert leave_one_out(features, labels, 3).predictions[7] != 2


def test_noise_is_not_known_better_than_by_chance():
    features = np.random.default_rng(3).normal(size=(400, 300)).astype(np.float32)
    assert leave_one_out(features, np.arange(400) % 4, 4).accuracy < 0.33


@pytest.mark.parametrize("features", [np.ones((6, 4)), np.eye(6), np.array([[1.0], [2], [3], [4], [5], [6]])])
def test_odd_features_give_finite_numbers(features):
    found = leave_one_out(features.astype(np.float32), np.arange(6) % 2, 2)
    assert np.isfinite([found.accuracy, found.macro_f1, found.penalty]).all()


def test_two_samples_are_left_out_and_a_single_one_cannot_be():
    assert leave_one_out(np.array([[0.0], [1.0]], dtype=np.float32), np.array([0, 1]), 2).accuracy == 0.0
    with pytest.raises(ValueError, match="another"):
        leave_one_out(np.ones((1, 3), dtype=np.float32), np.array([0]), 2)
