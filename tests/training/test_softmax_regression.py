"""The solver: its gradient, its path from one strength to the next, and how few evaluations it takes."""

import numpy as np
import pytest
import torch
from torch.nn import functional

from core.training.principal_axes import find_principal_axes
from core.training.softmax_regression import SoftmaxRegression
from core.training.standardiser import Standardiser


def problem(n_classes=6, n=400, width=30, seed=0):
    """Features of very different spreads that vary together, along their axes."""
    rng = np.random.default_rng(seed)
    labels = np.arange(n) % n_classes
    values = rng.normal(size=(n_classes, width))[labels] + 2.0 * rng.normal(size=(n, width))
    mixed = values @ (rng.normal(size=(width, width)) * np.logspace(0, -2, width))
    scaled = Standardiser(mixed.astype(np.float32))(mixed.astype(np.float32))
    axes = find_principal_axes(scaled)
    return scaled @ axes.directions, axes.variances, labels


def solver_of(features, variances, labels, weights=None):
    weights = np.ones(labels.max() + 1, dtype=np.float32) if weights is None else weights
    return SoftmaxRegression(features, variances, labels, weights)


def objective(features, labels, weight, bias, strength, class_weights):
    logits = features @ weight.T + bias
    loss = functional.cross_entropy(logits, labels, weight=class_weights)
    return loss + weight.square().sum() / (2 * strength * len(labels))


@pytest.mark.parametrize("class_weights", [np.ones(6), np.array([0.1, 1, 1, 2, 1, 5])])
def test_loss_and_gradient_are_those_of_automatic_differentiation(class_weights):
    features, variances, labels = problem()
    solver = solver_of(features, variances, labels, class_weights.astype(np.float32))
    solver.set_strength(0.3)
    solver.advance(3, 0.0)
    weight = solver.weight.double().requires_grad_()
    bias = solver.bias.double().requires_grad_()
    loss = objective(
        torch.from_numpy(features).double(), torch.from_numpy(labels), weight, bias, 0.3, torch.tensor(class_weights)
    )
    loss.backward()
    assert solver._loss == pytest.approx(loss.item(), rel=1e-5)
    expected = torch.cat([weight.grad, bias.grad[:, None]], dim=1)
    np.testing.assert_allclose(solver._gradient, expected, atol=1e-6)


def test_a_path_ends_where_a_cold_start_ends():
    features, variances, labels = problem()
    cold, warm = solver_of(features, variances, labels), solver_of(features, variances, labels)
    for strength in (1e-3, 1e-1, 1.0):
        warm.set_strength(strength)
        warm.advance(300, 1e-9)
    cold.set_strength(1.0)
    cold.advance(300, 1e-9)
    np.testing.assert_allclose(warm.weight, cold.weight, atol=5e-3)


def test_a_path_that_remembers_takes_fewer_evaluations_than_cold_starts(monkeypatch):
    counted = []
    evaluate = SoftmaxRegression._evaluate
    monkeypatch.setattr(SoftmaxRegression, "_evaluate", lambda *args: counted.append(1) or evaluate(*args))
    features, variances, labels = problem(n=800)
    strengths = (0.01, 0.03, 0.1, 0.3, 1.0)
    warm = solver_of(features, variances, labels)
    for strength in strengths:
        warm.set_strength(strength)
        assert warm.advance(300, 1e-5)
    n_warm = len(counted)
    for strength in strengths:
        cold = solver_of(features, variances, labels)
        cold.set_strength(strength)
        assert cold.advance(300, 1e-5)
    assert n_warm < 0.8 * (len(counted) - n_warm)
    assert n_warm < 15 * len(strengths)


def test_the_loss_is_within_the_tolerance_of_the_optimum():
    features, variances, labels = problem()
    rough, exact = solver_of(features, variances, labels), solver_of(features, variances, labels)
    for solver, tolerance in ((rough, 1e-4), (exact, 1e-10)):
        solver.set_strength(1.0)
        solver.advance(500, tolerance)
    assert exact._loss <= rough._loss <= exact._loss + 1e-3


def test_an_optimum_that_rounding_hides_ends_the_walk():
    features, variances, labels = problem()
    solver = solver_of(features, variances, labels)
    solver.set_strength(1e-2)
    before = [solver.advance(100, 0.0), solver._loss]
    solver.advance(100, 0.0)
    assert solver._loss == pytest.approx(before[1], rel=1e-5)
    assert np.isfinite(solver.weight).all()


@pytest.mark.parametrize("shape", [(50, 8), (8, 50), (20, 20)])
def test_axes_are_orthogonal_and_lose_nothing(shape):
    values = np.random.default_rng(0).normal(size=shape).astype(np.float32)
    values -= values.mean(axis=0)
    axes = find_principal_axes(values)
    turned = values @ axes.directions
    n_axes = axes.directions.shape[1]
    assert n_axes <= min(shape)
    np.testing.assert_allclose(axes.directions.T @ axes.directions, np.eye(n_axes), atol=1e-5)
    np.testing.assert_allclose(turned @ axes.directions.T, values, atol=1e-4)
    np.testing.assert_allclose(turned.var(axis=0), axes.variances, rtol=1e-3, atol=1e-6)


def test_features_that_never_vary_have_no_axis():
    axes = find_principal_axes(np.zeros((4, 9), dtype=np.float32))
    assert axes.directions.shape == (9, 0)
