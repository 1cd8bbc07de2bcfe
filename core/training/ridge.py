"""The instant first estimate: ridge regression, with every sample predicted by a fit that did not see it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from sklearn.metrics import f1_score

from core.arrays import FloatArray, IntArray
from core.training.standardiser import Standardiser

PENALTIES = (1e-3, 1e-2, 1e-1, 1.0, 1e1)
"""Values tried, in units of the mean squared length of the samples along all axes that they span."""

CHUNK_ROWS = 4_096
NEGLIGIBLE = 1e-12
"""Share of the largest square below which an axis holds rounding errors only."""


@dataclass(frozen=True, kw_only=True, slots=True)
class LeftOut:
    """How a ridge classifier does on the samples it learns from, each left out once.

    Attributes:
        accuracy: share of samples whose class was found, in [0, 1].
        macro_f1: over the classes that occur, in [0, 1].
        n: samples, all of them left out once.
        penalty: the lambda with the lowest squared error among those tried, for standardised features.
        predictions: class found for each, shape (n,).
    """

    accuracy: float
    macro_f1: float
    n: int
    penalty: float
    predictions: IntArray


def leave_one_out(
    features: FloatArray,
    labels: IntArray,
    n_classes: int,
    *,
    penalties: tuple[float, ...] = PENALTIES,
    widths: Sequence[int] | None = None,
) -> LeftOut:
    """Exact leave-one-out of ridge regression on 0 and 1 per class, all penalties from one eigendecomposition.

    With H = B diag(1 / (squares + lambda)) B' for centred features, B their coordinates along the principal axes, the
    residual of a sample that was left out is its ordinary residual over 1 - H_ii - 1/n (Allen 1974); 1/n stands for
    the intercept, which is not penalised. No fit is repeated. The penalty is chosen by the squared error rather
    than by the accuracy that is told, so that choosing does not flatter it.

    Args:
        features: shape (n_samples, n_features), at least two samples.
        labels: shape (n_samples,), integers in [0, n_classes).
        n_classes: number of classes.
        penalties: lambdas to try, in units of the mean square.
        widths: of the parts of the features that are brought to one size apart, see `feature_scale`.

    Raises:
        ValueError: fewer than two samples: nothing is left to learn from.
    """
    if len(labels) < 2:
        raise ValueError("leaving one out needs another one")
    scaled = Standardiser(features, widths)(features)
    coordinates = _Coordinates(scaled)
    targets = np.eye(n_classes)[labels]
    lambdas = np.array(penalties) * coordinates.mean_square
    errors = np.zeros(len(lambdas))
    predictions = np.empty((len(lambdas), len(labels)), dtype=np.int64)
    for rows, residuals in _residuals(coordinates, targets, lambdas):
        errors += np.square(residuals).sum(axis=(1, 2))
        predictions[:, rows] = (targets[rows] - residuals).argmax(axis=2)
    best = int(errors.argmin())
    return LeftOut(
        accuracy=float((predictions[best] == labels).mean()),
        macro_f1=float(f1_score(labels, predictions[best], labels=np.unique(labels), average="macro", zero_division=0)),
        n=len(labels),
        penalty=float(lambdas[best]),
        predictions=predictions[best],
    )


def _residuals(
    coordinates: _Coordinates, targets: FloatArray, lambdas: FloatArray
) -> Iterator[tuple[slice, FloatArray]]:
    """Rows, and what a fit without each misses by under every lambda: shape (n_lambdas, n_rows, n_classes)."""
    n = len(targets)
    centred = targets - targets.mean(axis=0)
    moments = coordinates.project(centred)
    gains = 1.0 / (coordinates.squares + lambdas[:, None])
    for rows, along in coordinates.chunks():
        leverage = np.square(along) @ gains.T + 1.0 / n
        residuals = np.stack([centred[rows] - along @ (gain[:, None] * moments) for gain in gains])
        yield rows, residuals / (1.0 - leverage.T)[:, :, None]


class _Coordinates:
    """Centred samples along their principal axes, in double precision, a chunk of rows at a time.

    Args:
        scaled: shape (n_samples, n_features); centred here once more, exactly.
    """

    def __init__(self, scaled: FloatArray) -> None:
        self._scaled = scaled
        self._mean = scaled.mean(axis=0, dtype=np.float64)
        n_samples, n_features = scaled.shape
        self._is_long = n_samples > n_features
        if self._is_long:
            products = sum(part.T @ part for _, part in self._parts())
        else:
            centred = scaled - self._mean
            products = centred @ centred.T
        squares, vectors = np.linalg.eigh(products)
        is_kept = squares > NEGLIGIBLE * max(squares[-1], 0.0)
        self.squares: FloatArray = squares[is_kept]
        self._vectors = vectors[:, is_kept]
        self.mean_square = float(self.squares.mean()) if len(self.squares) else 1.0

    def chunks(self) -> Iterator[tuple[slice, FloatArray]]:
        """Rows and their coordinates, shape (n_rows, n_axes)."""
        if self._is_long:
            for rows, part in self._parts():
                yield rows, part @ self._vectors
        else:
            yield slice(0, len(self._vectors)), self._vectors * np.sqrt(self.squares)

    def project(self, targets: FloatArray) -> FloatArray:
        """Coordinates of all samples times targets: shape (n_axes, n_classes)."""
        if not self._is_long:
            along: FloatArray = np.sqrt(self.squares)[:, None] * (self._vectors.T @ targets)
            return along
        moments: FloatArray = self._vectors.T @ sum(part.T @ targets[rows] for rows, part in self._parts())
        return moments

    def _parts(self) -> Iterator[tuple[slice, FloatArray]]:
        for start in range(0, len(self._scaled), CHUNK_ROWS):
            rows = slice(start, min(start + CHUNK_ROWS, len(self._scaled)))
            yield rows, self._scaled[rows] - self._mean
