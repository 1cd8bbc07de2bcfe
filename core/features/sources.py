"""Where batches come from: pixels, token ids or stored activations, all read the same way."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

import numpy as np
import torch
from numpy.typing import NDArray

from core.arrays import IntArray
from core.backbones.records import ImagePreprocessing

PIXEL_MAX = 255.0


@dataclass(frozen=True, slots=True)
class Batch:
    """What a stage takes.

    Attributes:
        values: images (n, 3, H, W) float32; token ids (n, T) int64; activations (n, ...) float32.
        mask: for texts (n, T) bool, True where a token is real; None for images.
    """

    values: torch.Tensor
    mask: torch.Tensor | None = None

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
    """Decoded images, normalised as the backbone expects.

    Args:
        pixels: shape (n_samples, size_px, size_px, 3), uint8, may be memory-mapped.
        preprocessing: mean and standard deviation per channel.
    """

    def __init__(self, pixels: NDArray[np.uint8], preprocessing: ImagePreprocessing) -> None:
        self.pixels = pixels
        self._scale = torch.tensor([1.0 / (PIXEL_MAX * std) for std in preprocessing.std]).view(1, 3, 1, 1)
        self._shift = torch.tensor(
            [mean / std for mean, std in zip(preprocessing.mean, preprocessing.std, strict=True)]
        ).view(1, 3, 1, 1)

    @property
    def n_samples(self) -> int:
        """How many images there are."""
        return len(self.pixels)

    @property
    def lengths(self) -> None:
        """None: images are of one size."""
        return

    def batch(self, rows: IntArray) -> Batch:
        """Images of these rows, shape (len(rows), 3, size_px, size_px), float32, channels last in memory."""
        pixels = torch.from_numpy(np.ascontiguousarray(self.pixels[rows]))
        return Batch(pixels.permute(0, 3, 1, 2).float().mul_(self._scale).sub_(self._shift))


class DenseSource:
    """Stored activations of one shape per sample.

    Args:
        values: shape (n_samples, ...), float16 or float32, may be memory-mapped.
    """

    def __init__(self, values: NDArray[np.floating]) -> None:
        self.values = values

    @property
    def n_samples(self) -> int:
        """How many samples there are."""
        return len(self.values)

    @property
    def lengths(self) -> None:
        """None: all samples are of one size."""
        return

    def batch(self, rows: IntArray) -> Batch:
        """Activations of these rows, shape (len(rows), ...), float32."""
        values = torch.from_numpy(np.ascontiguousarray(self.values[rows])).float()
        return Batch(values.contiguous(memory_format=torch.channels_last) if values.dim() == 4 else values)


class RaggedSource:
    """Token ids or token activations of different lengths, stored end to end without padding.

    Args:
        values: shape (n_tokens,) for ids or (n_tokens, width) for activations, may be memory-mapped.
        offsets: shape (n_samples + 1,); sample i owns values[offsets[i]:offsets[i + 1]].
        fill: what padding holds (the pad id for ids, 0 for activations).
    """

    def __init__(self, values: NDArray[np.generic], offsets: IntArray, *, fill: int = 0) -> None:
        self.values = values
        self.offsets = offsets
        self._fill = fill
        self._lengths = np.diff(offsets)

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
        lengths = self._lengths[rows]
        position = np.arange(int(lengths.max()))
        mask = position < lengths[:, None]
        index = np.where(mask, self.offsets[rows][:, None] + position, self.offsets[rows][:, None])
        values = self.values[index]
        values[~mask] = self._fill
        tensor = torch.from_numpy(values)
        return Batch(tensor.float() if tensor.is_floating_point() else tensor.long(), torch.from_numpy(mask))
