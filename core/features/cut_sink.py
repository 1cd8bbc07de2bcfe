"""Where a pass writes what enters the stage at the cut."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import torch
from numpy.lib.format import open_memmap
from numpy.typing import NDArray

from core.arrays import IntArray
from core.features.cache import create_array

HALF_PRECISION_LIMIT = 6e4
"""Activations at or above this would overflow float16 (its largest number is 65,504)."""


class CutSink:
    """Writes activations in half precision; goes over to single precision should one not fit.

    Args:
        folder: gets `values.npy`, and for texts `offsets.npy`: row i owns values[offsets[i]:offsets[i + 1]].
        n_rows: how many rows will be written.
        lengths: tokens per row, shape (n_rows,); None for images.
    """

    def __init__(self, folder: Path, n_rows: int, lengths: IntArray | None) -> None:
        self._folder = folder
        self._n_rows = n_rows
        self._offsets = None if lengths is None else np.concatenate([[0], np.cumsum(lengths)])
        self._values: NDArray[np.floating] | None = None

    def write(self, rows: IntArray, activations: torch.Tensor) -> None:
        """Keep the activations of these rows, shape (len(rows), ...); for texts (len(rows), n_tokens, width)."""
        values = activations.float().cpu().numpy()
        self._values = self._open(values) if self._values is None else self._values
        if self._values.dtype == np.float16 and not _fits_half(values):
            self._widen()
        if self._offsets is None:
            self._values[rows] = values
            return
        for value, row in zip(values, rows, strict=True):
            start, end = self._offsets[row], self._offsets[row + 1]
            self._values[start:end] = value[: end - start]

    def close(self) -> None:
        """Finish the files."""
        if isinstance(self._values, np.memmap):
            self._values.flush()
        self._values = None
        if self._offsets is not None:
            np.save(self._folder / "offsets.npy", self._offsets)

    def _open(self, first: NDArray[np.floating]) -> NDArray[np.floating]:
        shape = (self._n_rows, *first.shape[1:]) if self._offsets is None else (self._offsets[-1], first.shape[-1])
        return create_array(self._folder / "values.npy", np.float16, tuple(map(int, shape)))

    def _widen(self) -> None:
        # Both maps are closed before the rename: an open file cannot be replaced on Windows.
        half, self._values = self._values, None
        if half is None:
            return
        wide = create_array(self._folder / "wide.npy", np.float32, half.shape)
        wide[:] = half
        wide.flush()
        del half, wide
        (self._folder / "wide.npy").replace(self._folder / "values.npy")
        self._values = open_memmap(self._folder / "values.npy", mode="r+")


def _fits_half(values: NDArray[np.floating]) -> bool:
    return bool(np.isfinite(values).all() and np.abs(values).max(initial=0.0) < HALF_PRECISION_LIMIT)
