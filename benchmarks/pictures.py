"""Generated photographs: as large and as costly to decode as real ones, the same on every machine."""

from __future__ import annotations

import multiprocessing
import os
from concurrent.futures import ProcessPoolExecutor
from functools import partial
from pathlib import Path

import numpy as np
from PIL import Image

from core.arrays import FloatArray

WIDTH_PX, HEIGHT_PX = 500, 375
LAYERS = ((6, 60.0), (25, 25.0), (90, 14.0), (250, 12.0))
"""Noise by the number of its cells along the width and its strength: large smooth areas, and ever finer texture."""

GRAIN = 10.5
QUALITY = 92
CHUNK = 25


def write_pictures(folder: Path, n: int) -> list[Path]:
    """Write `n` different JPEG files of about 110 kB, on all cores."""
    fresh = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(os.cpu_count(), mp_context=fresh) as pool:
        return list(pool.map(partial(write_picture, folder), range(n), chunksize=CHUNK))


def write_picture(folder: Path, number: int) -> Path:
    """Write one picture, which its number determines."""
    rng = np.random.default_rng(number)
    pixels = np.full((HEIGHT_PX, WIDTH_PX, 3), 128.0) + rng.normal(0, GRAIN, (HEIGHT_PX, WIDTH_PX, 1))
    for n_cells, strength in LAYERS:
        pixels += _noise(rng, n_cells, strength)
    file = folder / f"{number}.jpg"
    Image.fromarray(pixels.clip(0, 255).astype(np.uint8)).save(file, "JPEG", quality=QUALITY)
    return file


def _noise(rng: np.random.Generator, n_cells: int, strength: float) -> FloatArray:
    """Noise of one fineness in three channels, shape (height, width, 3)."""
    size = (n_cells, max(1, n_cells * HEIGHT_PX // WIDTH_PX))
    coarse = rng.normal(0, strength, (3, size[1], size[0])).astype(np.float32)
    layers = [Image.fromarray(part).resize((WIDTH_PX, HEIGHT_PX), Image.Resampling.BICUBIC) for part in coarse]
    return np.stack([np.asarray(layer) for layer in layers], axis=-1)
