"""The probe: multinomial logistic regression on features, its regularisation chosen by cross-validation.

The problem is convex, so there is no learning rate to tune: L-BFGS walks to the optimum. Features are standardised
for the solver and the standardisation is folded back into the returned weights (Kumar et al. 2022 do the same).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import torch
from sklearn.model_selection import StratifiedKFold
from torch.nn import functional

from core.arrays import FloatArray, IntArray

STRENGTHS = tuple(float(10.0**exponent) for exponent in np.arange(-4.0, 1.01, 0.5))
"""Values tried for C, the inverse regularisation of scikit-learn's LogisticRegression, strongest first."""

N_FOLDS_SMALL, N_FOLDS_LARGE = 5, 3
SMALL_DATA = 5_000
MAX_ITERATIONS = 300
ROUND_ITERATIONS = 10
MAX_LINE_SEARCH = 25
PATH_TOLERANCE = 1e-4
FINAL_TOLERANCE = 1e-5
"""Largest gradient entry (nats) at which a strength is done: rough while comparing, fine for the head that stays."""

DAMPING = 0.25
"""Share of the mean variance of all features that is added to the variance of each before it is scaled."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Probe:
    """A fitted linear head.

    Attributes:
        weight: shape (n_classes, n_features), for features as they are (not standardised).
        bias: shape (n_classes,).
    """

    weight: FloatArray
    bias: FloatArray


def search_strengths(
    features: FloatArray, labels: IntArray, class_weights: FloatArray, *, seed: int
) -> Iterator[tuple[float, float]]:
    """Held-out cross-entropy of one C after the other, by stratified cross-validation.

    The strengths are walked from strong to weak regularisation, each fold going on from its last optimum, and the
    walk ends when the held-out loss has risen twice: it falls and then rises along such a path. A sample whose class
    has no other one left to learn from is not asked for, so that one rare class does not spoil the choice for all.

    Args:
        features: shape (n_samples, n_features).
        labels: shape (n_samples,), integers in [0, n_classes).
        class_weights: weight of a sample of each class, shape (n_classes,).
        seed: fixes the folds.

    Yields:
        (C, mean held-out loss in nats). Nothing where every class has one sample only and so none can be held out.
    """
    paths = [_held_out_path(features, labels, class_weights, *fold) for fold in _folds(labels, seed)]
    seen: list[float] = []
    for strength, losses in zip(STRENGTHS, zip(*paths, strict=True), strict=False):
        seen.append(float(np.mean(losses)))
        yield strength, seen[-1]
        if len(seen) > 2 and seen[-1] > seen[-2] > seen[-3]:
            return


def best_strength(tried: Sequence[tuple[float, float]]) -> float:
    """The C with the lowest held-out loss; the middle one where nothing could be tried."""
    if not tried:
        return STRENGTHS[len(STRENGTHS) // 2]
    return min(tried, key=lambda pair: pair[1])[0]


def fit_probe(features: FloatArray, labels: IntArray, class_weights: FloatArray, *, strength: float) -> Iterator[Probe]:
    """Walk to the optimum for one C; yields the probe after every round of iterations, the last one is the optimum.

    Args:
        features: shape (n_samples, n_features).
        labels: shape (n_samples,), integers in [0, n_classes).
        class_weights: weight of a sample of each class, shape (n_classes,).
        strength: inverse regularisation C.
    """
    scale = _Standardiser(features)
    solver = _Solver(scale(features), labels, class_weights)
    for _ in range(MAX_ITERATIONS // ROUND_ITERATIONS):
        converged = solver.advance(strength, ROUND_ITERATIONS, FINAL_TOLERANCE)
        weight, bias = scale.fold_into(solver.weight, solver.bias)
        yield Probe(weight=weight, bias=bias)
        if converged:
            return


def balanced_weights(labels: IntArray, n_classes: int) -> FloatArray:
    """Weights that let every class count alike: n_samples / (n_classes * n_class), shape (n_classes,)."""
    counts = np.bincount(labels, minlength=n_classes)
    return (len(labels) / (n_classes * np.maximum(counts, 1))).astype(np.float32)


def _folds(labels: IntArray, seed: int) -> list[tuple[IntArray, IntArray]]:
    """Rows to learn from and rows held out, every class of these among those."""
    counts = np.bincount(labels)
    n_folds = min(N_FOLDS_SMALL if len(labels) < SMALL_DATA else N_FOLDS_LARGE, int(counts.max()))
    if n_folds < 2:
        return []
    # A class with fewer samples than folds cannot be spread evenly; it is dealt out with the most frequent one.
    strata = np.where(counts[labels] < n_folds, counts.argmax(), labels)
    splits = StratifiedKFold(n_folds, shuffle=True, random_state=seed).split(strata, strata)
    known = [(train, held_out[np.isin(labels[held_out], labels[train])]) for train, held_out in splits]
    return [(train, held_out) for train, held_out in known if len(held_out)]


def _held_out_path(
    features: FloatArray, labels: IntArray, class_weights: FloatArray, train: IntArray, held_out: IntArray
) -> Iterator[float]:
    scale = _Standardiser(features[train])
    solver = _Solver(scale(features[train]), labels[train], class_weights)
    unseen = torch.from_numpy(scale(features[held_out]))
    targets = torch.from_numpy(labels[held_out].astype(np.int64))
    for strength in STRENGTHS:
        solver.restart()
        solver.advance(strength, MAX_ITERATIONS, PATH_TOLERANCE)
        yield float(functional.cross_entropy(solver.logits(unseen), targets, weight=solver.class_weights))


def feature_scale(features: FloatArray) -> tuple[FloatArray, FloatArray]:
    """What the solver subtracts from and divides every feature by: its mean and its damped spread.

    The spread is damped, sqrt(variance + DAMPING * mean variance), so that a feature that hardly varies is not blown
    up to the size of the others: that would fit noise, and a head with such weights falls apart at the first step of
    fine-tuning. Features that are all constant are left as they are.

    Args:
        features: shape (n_samples, n_features).

    Returns:
        Mean and divisor, shape (n_features,) each, float32.
    """
    mean = features.mean(axis=0, dtype=np.float64)
    variance = features.var(axis=0, dtype=np.float64)
    overall = float(variance.mean())
    divisor = np.sqrt(variance + DAMPING * overall) if overall > 0 else np.ones_like(variance)
    return mean.astype(np.float32), divisor.astype(np.float32)


class _Standardiser:
    """Brings features to comparable size, as measured on the samples it was made from."""

    def __init__(self, features: FloatArray) -> None:
        self._mean, self._divisor = feature_scale(features)

    def __call__(self, features: FloatArray) -> FloatArray:
        scaled: FloatArray = ((features - self._mean) / self._divisor).astype(np.float32)
        return scaled

    def fold_into(self, weight: FloatArray, bias: FloatArray) -> tuple[FloatArray, FloatArray]:
        raw = weight / self._divisor
        return raw, bias - raw @ self._mean


class _Solver:
    """L-BFGS on the regularised mean cross-entropy; keeps its weights between calls, so that a path is warm."""

    def __init__(self, features: FloatArray, labels: IntArray, class_weights: FloatArray) -> None:
        self._features = torch.from_numpy(np.ascontiguousarray(features, dtype=np.float32))
        self._labels = torch.from_numpy(labels.astype(np.int64))
        self.class_weights = torch.from_numpy(class_weights.astype(np.float32))
        n_classes = len(class_weights)
        self._weights = torch.zeros(n_classes, features.shape[1] + 1, requires_grad=True)
        self.restart()

    @property
    def weight(self) -> FloatArray:
        return self._weights.detach()[:, :-1].numpy().copy()

    @property
    def bias(self) -> FloatArray:
        return self._weights.detach()[:, -1].numpy().copy()

    def restart(self) -> None:
        """Forget the curvature (another strength has another one), keep the weights."""
        self._optimizer = torch.optim.LBFGS(
            [self._weights], history_size=20, line_search_fn="strong_wolfe", tolerance_grad=0.0, tolerance_change=1e-9
        )

    def logits(self, features: torch.Tensor) -> torch.Tensor:
        with torch.no_grad():
            return torch.addmm(self._weights[:, -1], features, self._weights[:, :-1].T)

    def advance(self, strength: float, n_iterations: int, tolerance: float) -> bool:
        """Up to `n_iterations` steps; True where fewer sufficed: the gradient is within `tolerance`."""
        group = self._optimizer.param_groups[0]
        # Line searches are not counted: running out of a budget for them would look like having arrived.
        group["max_iter"], group["max_eval"] = n_iterations, n_iterations * MAX_LINE_SEARCH
        group["tolerance_grad"] = tolerance
        penalty = 1.0 / (2.0 * strength * len(self._labels))
        n_before = self._n_iterations
        self._optimizer.step(lambda: self._loss_with_gradient(penalty))
        return self._n_iterations - n_before < n_iterations

    @property
    def _n_iterations(self) -> int:
        return int(self._optimizer.state[self._weights].get("n_iter", 0))

    def _loss_with_gradient(self, penalty: float) -> torch.Tensor:
        self._optimizer.zero_grad()
        logits = torch.addmm(self._weights[:, -1], self._features, self._weights[:, :-1].T)
        loss = functional.cross_entropy(logits, self._labels, weight=self.class_weights)
        loss = loss + penalty * self._weights[:, :-1].square().sum()
        loss.backward()
        return loss
