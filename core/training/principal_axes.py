"""Features seen along the directions in which they vary: fewer numbers where samples are few, and easy to solve for."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from core.arrays import FloatArray

NEGLIGIBLE = 1e-10
"""Share of the largest variance below which a direction holds rounding errors only."""


@dataclass(frozen=True, kw_only=True, slots=True)
class PrincipalAxes:
    """Orthogonal directions that span all samples.

    A linear head with an L2 penalty has the same optimum in these coordinates as in the old ones, but here the
    coordinates are uncorrelated, so that a solver knows the curvature along each from its variance alone.

    Attributes:
        directions: one unit vector per column, shape (n_features, n_axes); n_axes <= min(n_samples, n_features).
        variances: of the samples along each, shape (n_axes,).
    """

    directions: FloatArray
    variances: FloatArray


def find_principal_axes(scaled: FloatArray) -> PrincipalAxes:
    """The axes of centred features, from the smaller of the two matrices of products.

    Args:
        scaled: centred features, shape (n_samples, n_features).
    """
    n_samples, n_features = scaled.shape
    if n_samples > n_features:
        squares, directions = np.linalg.eigh((scaled.T @ scaled).astype(np.float64))
    else:
        wide = scaled.astype(np.float64)
        squares, of_samples = np.linalg.eigh(wide @ wide.T)
        is_kept = squares > NEGLIGIBLE * max(squares[-1], 0.0)
        squares = squares[is_kept]
        directions = wide.T @ (of_samples[:, is_kept] / np.sqrt(squares))
    return PrincipalAxes(
        directions=directions.astype(np.float32), variances=(squares.clip(0.0) / n_samples).astype(np.float32)
    )
