"""Images made harder on purpose: light, focus, noise, framing, colour, compression."""

from __future__ import annotations

import io

import numpy as np
from PIL import Image, ImageEnhance, ImageFilter

from core.explanation.shifts import Shift

DARKEST = 0.1
"""Brightness at full strength; 1 is the image itself."""

BRIGHTEST = 3.0
MAX_BLUR = 0.03
"""Radius of the blur at full strength, as a share of the side."""

MAX_NOISE = 90.0
"""Standard deviation of the noise at full strength, in grey levels of 255."""

CLOSEST = 0.35
"""Share of the side that is left at full strength."""

MAX_TURN_DEGREES = 90.0
BEST_QUALITY, WORST_QUALITY = 50, 2
"""Of JPEG, where the strength is nearly 0 and where it is 1."""


def darken(image: Image.Image, strength: float) -> Image.Image:
    """Less light."""
    return ImageEnhance.Brightness(image).enhance(1 + (DARKEST - 1) * strength)


def brighten(image: Image.Image, strength: float) -> Image.Image:
    """More light; what was bright turns white."""
    return ImageEnhance.Brightness(image).enhance(1 + (BRIGHTEST - 1) * strength)


def blur(image: Image.Image, strength: float) -> Image.Image:
    """Out of focus, in proportion to the image."""
    return image.filter(ImageFilter.GaussianBlur(MAX_BLUR * strength * min(image.size)))


def add_noise(image: Image.Image, strength: float) -> Image.Image:
    """The grain of a photograph taken with little light; the same grain each time."""
    grain = np.random.default_rng(0).normal(0, MAX_NOISE * strength, (image.height, image.width, 3))
    return Image.fromarray(np.clip(np.asarray(image) + grain, 0, 255).astype(np.uint8))


def come_closer(image: Image.Image, strength: float) -> Image.Image:
    """The middle alone, enlarged."""
    share = 1 + (CLOSEST - 1) * strength
    left, top = image.width * (1 - share) / 2, image.height * (1 - share) / 2
    box = (left, top, image.width - left, image.height - top)
    return image.resize(image.size, Image.Resampling.BICUBIC, box=box)


def turn(image: Image.Image, strength: float) -> Image.Image:
    """Turned; the corners mirror what lies beside them, because black ones would be a shift of their own."""
    margin = (image.height // 2, image.width // 2)
    padded = np.pad(np.asarray(image), (*((side, side) for side in margin), (0, 0)), mode="reflect")
    turned = Image.fromarray(padded).rotate(MAX_TURN_DEGREES * strength, Image.Resampling.BICUBIC)
    return turned.crop((margin[1], margin[0], margin[1] + image.width, margin[0] + image.height))


def fade_colours(image: Image.Image, strength: float) -> Image.Image:
    """Towards grey."""
    return ImageEnhance.Color(image).enhance(1 - strength)


def compress(image: Image.Image, strength: float) -> Image.Image:
    """Saved as JPEG, ever worse."""
    file = io.BytesIO()
    image.save(file, "JPEG", quality=round(BEST_QUALITY + (WORST_QUALITY - BEST_QUALITY) * strength))
    return Image.open(file).convert("RGB")


IMAGE_SHIFTS: tuple[Shift[Image.Image], ...] = (
    Shift(id="dark", title="Darker", says="Evening, a room without a lamp, a hand before the lens.", apply=darken),
    Shift(id="bright", title="Brighter", says="Against the sun, or the flash too near.", apply=brighten),
    Shift(id="blur", title="Blurred", says="Out of focus, or a camera that moved.", apply=blur),
    Shift(id="noise", title="Grainy", says="A cheap camera with little light.", apply=add_noise),
    Shift(id="crop", title="Closer", says="Only the middle is in the picture.", apply=come_closer),
    Shift(id="turn", title="Turned", says="A camera held at a slant.", apply=turn),
    Shift(id="grey", title="Greyer", says="Whether the answer hangs on colour.", apply=fade_colours),
    Shift(id="jpeg", title="Compressed", says="Sent through a messenger a few times.", apply=compress),
)
"""In the order in which they are shown."""
