"""Views: versions of a training image that differ a little, a fixed number of them, so that they can be cached."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from core.arrays import IntArray
from core.features.shelf import RowArray

VERSION = 1
CROP_AREA = (0.6, 1.0)
CROP_RATIO = (3 / 4, 4 / 3)
LIGHT = (0.8, 1.2)
"""Bounds between which the share of the image, its aspect, and brightness and contrast are drawn."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Views:
    """How many views of each image there are, and how they differ.

    View 0 is the image itself. What another one looks like is drawn from its name alone, so it is the same in every
    run. A *row* stands for one view of one sample: row = sample + view * n_samples.

    Attributes:
        n: views per sample, the image itself included.
        mirrored: whether half of the others are mirrored.
    """

    n: int = 1
    mirrored: bool = False

    def rows(self, n_samples: int, train: IntArray) -> IntArray:
        """The rows a training needs: every sample itself, and the other views of those that are learned from."""
        return np.concatenate([np.arange(n_samples), *(train + view * n_samples for view in range(1, self.n))])

    def names(self, sample_ids: Sequence[str]) -> tuple[str, ...]:
        """The name of every row; that of view 0 is the sample's own."""
        kind = f"v{VERSION}m" if self.mirrored else f"v{VERSION}"
        others = (f"{sample_id}/{kind}.{view}" for view in range(1, self.n) for sample_id in sample_ids)
        return (*sample_ids, *others)


class ViewedPixels:
    """Pixels of views, made from those of the images when they are asked for.

    Args:
        pixels: of some samples, shape (n_open, size_px, size_px, 3), uint8.
        position: row of each sample in `pixels`, shape (n_samples,); whatever for samples that are not asked for.
        names: of every row, see `Views.names`.
        mirrored: see `Views`.
    """

    def __init__(self, pixels: RowArray, position: IntArray, names: Sequence[str], *, mirrored: bool) -> None:
        self._pixels = pixels
        self._position = position
        self._names = names
        self._mirrored = mirrored

    @property
    def dtype(self) -> np.dtype[np.uint8]:
        """uint8."""
        return np.dtype(np.uint8)

    @property
    def shape(self) -> tuple[int, ...]:
        """(n_rows, size_px, size_px, 3)."""
        return (len(self._names), *self._pixels.shape[1:])

    def __len__(self) -> int:
        return len(self._names)

    def __getitem__(self, rows: IntArray) -> NDArray[np.uint8]:
        """The pixels of these rows, uint8."""
        n_samples = len(self._position)
        pixels = self._pixels[self._position[rows % n_samples]]
        for at in np.flatnonzero(rows >= n_samples):
            pixels[at] = draw_view(pixels[at], self._names[rows[at]], mirrored=self._mirrored)
        return pixels


def draw_view(pixels: NDArray[np.uint8], name: str, *, mirrored: bool) -> NDArray[np.uint8]:
    """A view of an image: cropped, lit a little differently, perhaps mirrored.

    Args:
        pixels: shape (size_px, size_px, 3), 0 to 255.
        name: decides all that is drawn.
        mirrored: whether every second view is mirrored.

    Returns:
        An array of the same shape and type.
    """
    rng = np.random.default_rng(np.frombuffer(hashlib.sha256(name.encode()).digest(), dtype=np.uint32))
    size_px = len(pixels)
    view = Image.fromarray(pixels).resize((size_px, size_px), Image.Resampling.BICUBIC, box=_crop(rng, size_px))
    values = np.asarray(view, dtype=np.float32)
    middle = values.mean()
    values = (values - middle) * rng.uniform(*LIGHT) + middle * rng.uniform(*LIGHT)
    if rng.random() < 0.5 and mirrored:
        values = values[:, ::-1]
    return np.asarray(np.clip(np.rint(values), 0, 255), dtype=np.uint8)


def _crop(rng: np.random.Generator, size_px: int) -> tuple[float, float, float, float]:
    area, ratio = rng.uniform(*CROP_AREA), np.exp(rng.uniform(*np.log(CROP_RATIO)))
    width, height = (min(size_px, size_px * np.sqrt(area * factor)) for factor in (ratio, 1 / ratio))
    left, top = rng.uniform(0, size_px - width), rng.uniform(0, size_px - height)
    return (left, top, left + width, top + height)
