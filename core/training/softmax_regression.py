"""The solver behind the probe: L-BFGS on the penalised cross-entropy, with the curvature of its coordinates known."""

from __future__ import annotations

import torch

from core.arrays import FloatArray, IntArray

HISTORY = 20
SUFFICIENT_DECREASE = 1e-4
ROUNDING = 1e-7
"""Share of the loss that single precision cannot tell apart; a step may lose that much."""
SHORTEST_STEP = 1e-4
LEAST_SPREAD = 1e-6
"""Floor of a class's p (1 - p), so that a class that is told perfectly does not ask for endless steps."""


class SoftmaxRegression:
    """Multinomial logistic regression that walks from one strength of regularisation to the next.

    The loss is the weighted mean cross-entropy (nats) plus |weight|^2 / (2 C n). What makes it quick: an evaluation is
    two matrix products and a softmax in place; along principal axes the Hessian of a class is nearly diagonal,
    mean(p (1 - p)) * variance + 1 / (C n), which scales the steps; and what was learned about the curvature of the
    cross-entropy stays true when C changes, so the memory of L-BFGS (Liu & Nocedal 1989) is kept along a path.

    Args:
        features: centred samples along their principal axes, shape (n_samples, n_axes).
        variances: along each axis, shape (n_axes,).
        labels: shape (n_samples,), integers in [0, n_classes).
        class_weights: weight of a sample of each class, shape (n_classes,).
    """

    def __init__(
        self, features: FloatArray, variances: FloatArray, labels: IntArray, class_weights: FloatArray
    ) -> None:
        n_samples, n_axes = features.shape
        self._design = _with_ones(torch.from_numpy(features))
        self._variances = torch.cat([torch.from_numpy(variances), torch.ones(1)])
        self._is_penalised = torch.cat([torch.ones(n_axes), torch.zeros(1)])
        self._rows, self._labels = torch.arange(n_samples), torch.from_numpy(labels).long()
        shares = torch.from_numpy(class_weights).float()[self._labels]
        self._shares = shares / shares.sum()
        self._logits = torch.empty(n_samples, len(class_weights))
        self._probs = torch.empty_like(self._logits)
        self._weights = torch.zeros(len(class_weights), n_axes + 1)
        self._penalty = torch.zeros(n_axes + 1)
        self._scale = torch.ones_like(self._weights)
        self._loss = 0.0
        self._gradient = torch.zeros_like(self._weights)
        self._memory: list[tuple[torch.Tensor, torch.Tensor]] = []

    @property
    def weight(self) -> torch.Tensor:
        """Shape (n_classes, n_axes)."""
        return self._weights[:, :-1].clone()

    @property
    def bias(self) -> torch.Tensor:
        """Shape (n_classes,)."""
        return self._weights[:, -1].clone()

    def set_strength(self, strength: float) -> None:
        """Go on under another C (scikit-learn's inverse regularisation) from where the weights stand."""
        penalty = self._is_penalised / (strength * len(self._labels))
        change, self._penalty = penalty - self._penalty, penalty
        self._memory = [(step, turn + change * step) for step, turn in self._memory]
        self._memory = [(step, turn) for step, turn in self._memory if _dot(step, turn) > 0]
        self._scale = 1.0 / (self._class_spread()[:, None] * self._variances + penalty)
        self._loss, self._gradient = self._evaluate(self._weights)

    def advance(self, n_iterations: int, tolerance: float) -> bool:
        """Up to `n_iterations` steps; True where the loss is within about `tolerance` nats of the optimum."""
        for _ in range(n_iterations):
            if float((self._gradient.square() * self._scale).sum()) / 2 <= tolerance:
                return True
            if not self._step(self._direction()):
                if not self._memory:
                    return True  # not even the steepest way leads down: rounding is all that is left
                self._memory.clear()
        return False

    def logits(self, features: FloatArray) -> torch.Tensor:
        """Of samples along the same axes: shape (n_samples, n_classes)."""
        return torch.addmm(self._weights[:, -1], torch.from_numpy(features), self._weights[:, :-1].T)

    def _class_spread(self) -> torch.Tensor:
        """Weighted mean of p (1 - p) per class, shape (n_classes,)."""
        probs = torch.softmax(self._design @ self._weights.T, dim=1)
        return (self._shares @ (probs - probs.square())).clamp_min(LEAST_SPREAD)

    def _evaluate(self, weights: torch.Tensor) -> tuple[float, torch.Tensor]:
        """Loss and gradient; the gradient of the cross-entropy with respect to the logits is p minus the labels."""
        logits = torch.mm(self._design, weights.T, out=self._logits)
        probs = torch.log_softmax(logits, dim=1, out=self._probs)
        loss = -float(self._shares.double() @ probs[self._rows, self._labels].double())
        probs.exp_().mul_(self._shares[:, None])
        probs[self._rows, self._labels] -= self._shares
        penalised = self._penalty * weights
        return loss + _dot(penalised, weights) / 2, (probs.T @ self._design).add_(penalised)

    def _direction(self) -> torch.Tensor:
        """The two loops of L-BFGS, from the known curvature instead of a multiple of the identity."""
        direction, along = -self._gradient, []
        for step, turn in reversed(self._memory):
            along.append(_dot(step, direction) / _dot(step, turn))
            direction.add_(turn, alpha=-along[-1])
        direction.mul_(self._scale)
        if self._memory:
            step, turn = self._memory[-1]
            direction.mul_(_dot(step, turn) / _dot(turn, self._scale * turn))
        for (step, turn), share in zip(self._memory, reversed(along), strict=True):
            direction.add_(step, alpha=share - _dot(turn, direction) / _dot(step, turn))
        return direction

    def _step(self, direction: torch.Tensor) -> bool:
        """Go along `direction` until the loss has fallen enough; False where it does not fall, and nothing changes."""
        slope = _dot(direction, self._gradient)
        length = 1.0 if slope < 0 else 0.0
        while length > SHORTEST_STEP:
            weights = self._weights + length * direction
            loss, gradient = self._evaluate(weights)
            if loss <= self._loss + SUFFICIENT_DECREASE * length * slope + ROUNDING * self._loss:
                self._remember(weights - self._weights, gradient - self._gradient)
                self._weights, self._loss, self._gradient = weights, loss, gradient
                return True
            lowest = -slope * length / (2 * (loss - self._loss - slope * length))  # of the parabola through all three
            length *= min(0.5, max(0.1, lowest))
        return False

    def _remember(self, step: torch.Tensor, turn: torch.Tensor) -> None:
        if _dot(step, turn) > 0:
            self._memory = [*self._memory, (step, turn)][-HISTORY:]


def _with_ones(features: torch.Tensor) -> torch.Tensor:
    """The features and a last column of ones, which the biases multiply."""
    return torch.cat([features, torch.ones(len(features), 1)], dim=1)


def _dot(left: torch.Tensor, right: torch.Tensor) -> float:
    return float(torch.dot(left.reshape(-1), right.reshape(-1)))
