"""What a small picture of an image tells without any network: a fingerprint, how bright and how sharp it is."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from core.arrays import FloatArray

HASH_SIDE_PX, HASH_BITS_SIDE = 32, 8
SMALL_SIDE_PX = 16
MIN_SIDE_PX = 32
"""Pictures smaller than this have too little in them for a fingerprint: digits of 8 by 8 pixels all look alike."""


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class Look:
    """One image, by its thumbnail.

    Attributes:
        fingerprint: 64 bits that resizing, compressing and brightening hardly change (pHash, Zauner 2010); None
            where the image is smaller than MIN_SIDE_PX or plain, so that there is nothing to take it of.
        small: the whole picture as 16 by 16 pixels, shape (768,).
        brightness: mean of the grey values, in [0, 1].
        contrast: their standard deviation, in [0, 0.5].
        sharpness: standard deviation of the Laplacian over that of the grey values, so that plain motifs do not count
            as blurred; 0 for plain images.
    """

    fingerprint: int | None
    small: NDArray[np.uint8]
    brightness: float
    contrast: float
    sharpness: float


PLAIN_CONTRAST = 0.01
_WAVES = np.cos(
    np.pi * np.outer(np.arange(HASH_BITS_SIDE), 2 * np.arange(HASH_SIDE_PX) + 1) / (2 * HASH_SIDE_PX), dtype=np.float32
)
"""The lowest waves of the discrete cosine transform (type II), shape (8, 32)."""


def read_look(thumbnail: Path) -> Look:
    """The look of an image, from its small JPEG."""
    with Image.open(thumbnail) as image:
        colours = image.convert("RGB")
    in_grey = colours.convert("L")
    grey = np.asarray(in_grey, dtype=np.float32) / 255
    contrast = float(grey.std())
    is_telling = min(colours.size) >= MIN_SIDE_PX and contrast > PLAIN_CONTRAST
    small = colours.resize((SMALL_SIDE_PX, SMALL_SIDE_PX), Image.Resampling.BOX)
    return Look(
        fingerprint=_fingerprint(in_grey) if is_telling else None,
        small=np.asarray(small).ravel(),
        brightness=float(grey.mean()),
        contrast=contrast,
        sharpness=_sharpness(grey) / contrast if contrast > PLAIN_CONTRAST else 0.0,
    )


def _fingerprint(grey: Image.Image) -> int:
    """Which of the 64 lowest frequencies are stronger than their median."""
    pixels = np.asarray(grey.resize((HASH_SIDE_PX, HASH_SIDE_PX), Image.Resampling.BICUBIC), dtype=np.float32)
    low = _WAVES @ pixels @ _WAVES.T
    bits = low > np.median(low)
    return int.from_bytes(np.packbits(bits).tobytes(), "big")


def _sharpness(grey: FloatArray) -> float:
    """Standard deviation of the Laplacian (Pech-Pacheco et al. 2000)."""
    middle = grey[1:-1, 1:-1]
    laplacian = grey[:-2, 1:-1] + grey[2:, 1:-1] + grey[1:-1, :-2] + grey[1:-1, 2:] - 4 * middle
    return float(laplacian.std()) if laplacian.size else 0.0
