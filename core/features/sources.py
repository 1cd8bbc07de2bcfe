"""Where batches come from: pixels, token ids or stored activations, all read the same way."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

import numpy as np
import torch

from core.arrays import IntArray
from core.features.shelf import RowArray


@dataclass(frozen=True, slots=True)
class Batch:
    """What a stage takes.

    Attributes:
        values: pixels (n, 3, H, W) uint8; token ids (n, T) int64; activations (n, ...) float32.
        mask: for texts (n, T) bool, True where a token is real; None for images.
    """

    values: torch.Tensor
    mask: torch.Tensor | None = None

    def part(self, rows: slice) -> Batch:
        """Some of its samples; texts stay padded to the longest of all."""
        return Batch(self.values[rows], None if self.mask is None else self.mask[rows])

    def to(self, device: torch.device) -> Batch:
        """The same batch on a device."""
        return Batch(self.values.to(device), None if self.mask is None else self.mask.to(device))


class BatchSource(Protocol):
    """Samples in dataset order, of which any rows can be had as one batch."""

    @property
    def n_samples(self) -> int:
        """How many samples there are."""

    @property
    def lengths(self) -> IntArray | None:
        """Tokens per sample, shape (n_samples,), or None."""

    def batch(self, rows: IntArray) -> Batch:
        """The samples of these rows, in their order."""


class PixelSource:
    """Decoded images; the backbone normalises them.

    Args:
        pixels: shape (n_samples, size_px, size_px, 3), uint8.
    """

    def __init__(self, pixels: RowArray) -> None:
        self.pixels = pixels

    @property
    def n_samples(self) -> int:
        """How many images there are."""
        return len(self.pixels)

    @property
    def lengths(self) -> None:
        """None: images are of one size."""
        return

    def batch(self, rows: IntArray) -> Batch:
        """Images of these rows, shape (len(rows), 3, size_px, size_px), uint8, channels last in memory."""
        return Batch(torch.from_numpy(np.ascontiguousarray(self.pixels[rows])).permute(0, 3, 1, 2))


class DenseSource:
    """Stored activations of one shape per sample.

    Args:
        values: shape (n_stored, ...), float16 or float32, may be memory-mapped.
        places: row of each sample in `values`, shape (n_samples,); None where that is its own number.
    """

    def __init__(self, values: RowArray, places: IntArray | None = None) -> None:
        self.values = values
        self._places = places

    @property
    def n_samples(self) -> int:
        """How many samples there are."""
        return len(self.values) if self._places is None else len(self._places)

    @property
    def lengths(self) -> None:
        """None: all samples are of one size."""
        return

    def batch(self, rows: IntArray) -> Batch:
        """Activations of these rows, shape (len(rows), ...), float32."""
        stored = self.values[rows if self._places is None else self._places[rows]]
        values = torch.from_numpy(np.ascontiguousarray(stored)).float()
        return Batch(values.contiguous(memory_format=torch.channels_last) if values.dim() == 4 else values)


class RaggedSource:
    """Token ids or token activations of different lengths, stored end to end without padding.

    Args:
        values: shape (n_tokens,) for ids or (n_tokens, width) for activations, may be memory-mapped.
        starts: shape (n_samples,); sample i owns values[starts[i]:starts[i] + lengths[i]].
        lengths: tokens per sample, shape (n_samples,).
        fill: what padding holds (the pad id for ids, 0 for activations).
    """

    def __init__(self, values: RowArray, starts: IntArray, lengths: IntArray, *, fill: int = 0) -> None:
        self.values = values
        self._starts = starts
        self._lengths = lengths
        self.fill = fill

    @classmethod
    def end_to_end(cls, values: RowArray, offsets: IntArray, *, fill: int = 0) -> RaggedSource:
        """Samples in the order they lie in; offsets has shape (n_samples + 1,)."""
        return cls(values, offsets[:-1], np.diff(offsets), fill=fill)

    @property
    def n_samples(self) -> int:
        """How many samples there are."""
        return len(self._lengths)

    @property
    def lengths(self) -> IntArray:
        """Tokens per sample, shape (n_samples,)."""
        return self._lengths

    def batch(self, rows: IntArray) -> Batch:
        """Samples of these rows, padded at the end to the longest of them, with their mask."""
        lengths, starts = self._lengths[rows][:, None], self._starts[rows][:, None]
        position = np.arange(int(lengths.max()))
        mask = position < lengths
        values = np.array(self.values[np.where(mask, starts + position, starts)])
        values[~mask] = self.fill
        tensor = torch.from_numpy(values)
        return Batch(tensor.float() if tensor.is_floating_point() else tensor.long(), torch.from_numpy(mask))
