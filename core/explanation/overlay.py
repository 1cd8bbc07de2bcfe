"""Scores laid over the image they are about."""

from __future__ import annotations

import io

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from core.arrays import FloatArray
from core.explanation.records import AGAINST_RGB, FOR_RGB

MAX_OPACITY = 0.75
GREYING = 0.85
"""How far the image's own colours give way, so that those of the scores are seen."""

MIN_SIDE_PX = 448
"""Small images are shown larger, for the scores have no finer grain anyway."""


def lay_over(pixels: NDArray[np.uint8], grid: FloatArray) -> bytes:
    """A PNG of the image, orange where a place speaks for the class, blue where against, plain where neither.

    Args:
        pixels: what the network saw, shape (size_px, size_px, 3).
        grid: a score per place, shape (height, breadth).
    """
    image = Image.fromarray(pixels)
    side = max(MIN_SIDE_PX, len(pixels))
    image = image.resize((side, side), Image.Resampling.BICUBIC)
    paper = Image.blend(image, image.convert("L").convert("RGB"), GREYING)
    strengths = _enlarged(relative(grid), side)
    paint = np.where(strengths[..., None] > 0, FOR_RGB, AGAINST_RGB)
    opacity = MAX_OPACITY * np.abs(strengths)[..., None]
    mixed = (1 - opacity) * np.asarray(paper) + opacity * paint
    file = io.BytesIO()
    Image.fromarray(np.round(mixed).astype(np.uint8)).save(file, "PNG")
    return file.getvalue()


def relative(scores: FloatArray) -> FloatArray:
    """Scores as shares of the largest, sign kept, in [-1, 1]; all 0 where all are."""
    largest = float(np.abs(scores).max())
    return np.asarray(scores / largest if largest else np.zeros_like(scores))


def _enlarged(grid: FloatArray, side: int) -> FloatArray:
    image = Image.fromarray(grid.astype(np.float32)).resize((side, side), Image.Resampling.BICUBIC)
    return np.asarray(np.clip(np.asarray(image), -1, 1))
