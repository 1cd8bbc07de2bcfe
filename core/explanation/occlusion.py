"""Occlusion: which squares of an image an answer needs."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from core.arrays import FloatArray, IntArray

N_CELLS = 10
"""Rows and columns of the grid that is scored."""

WINDOW_CELLS = 2
"""Side of the square that is covered: it moves on by one cell, so that neighbours overlap and edges are found."""

N_WINDOWS = (N_CELLS - WINDOW_CELLS + 1) ** 2


def cover(pixels: NDArray[np.uint8], fill: Sequence[float]) -> NDArray[np.uint8]:
    """Copies of an image, each with another square covered (Zeiler and Fergus 2014).

    Args:
        pixels: shape (size_px, size_px, 3).
        fill: the colour it is covered with, red, green and blue from 0 to 255; best what the network's normalisation
            turns into 0.

    Returns:
        Shape (N_WINDOWS, size_px, size_px, 3), squares row by row from the top left.
    """
    edges = _edges(len(pixels))
    copies = np.repeat(pixels[None], N_WINDOWS, axis=0)
    for copy, (row, column) in zip(copies, _windows(), strict=True):
        copy[edges[row] : edges[row + WINDOW_CELLS], edges[column] : edges[column + WINDOW_CELLS]] = np.round(fill)
    return copies


def score_cells(falls: FloatArray) -> FloatArray:
    """From what covering a square does to what a place does: the mean over all squares that cover it.

    Args:
        falls: by how much a score falls when each square is covered, shape (..., N_WINDOWS).

    Returns:
        Shape (..., N_CELLS, N_CELLS).
    """
    sums, counts = np.zeros((*falls.shape[:-1], N_CELLS, N_CELLS)), np.zeros((N_CELLS, N_CELLS))
    for number, (row, column) in enumerate(_windows()):
        covered = np.s_[..., row : row + WINDOW_CELLS, column : column + WINDOW_CELLS]
        sums[covered] += falls[..., number, None, None]
        counts[covered] += 1
    return np.asarray(sums / counts)


def _windows() -> list[tuple[int, int]]:
    """Row and column of the first cell of every square."""
    starts = range(N_CELLS - WINDOW_CELLS + 1)
    return [(row, column) for row in starts for column in starts]


def _edges(size_px: int) -> IntArray:
    return np.linspace(0, size_px, N_CELLS + 1).round().astype(np.int64)
