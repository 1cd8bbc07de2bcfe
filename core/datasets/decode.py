"""Image files to pixels: what is opened, what is refused, and how every kind becomes plain RGB."""

from __future__ import annotations

import io
import struct
import threading
import zlib
from collections.abc import Callable, Iterator
from contextlib import nullcontext
from pathlib import Path
from typing import IO

import numpy as np
from numpy.typing import NDArray
from PIL import Image, UnidentifiedImageError

from core.errors import DatasetError
from core.settings import limit, limit_words

IMAGE_FORMATS = ("JPEG", "PNG", "BMP", "GIF", "TIFF", "WEBP")

_DECODER_ERRORS = (
    OSError,
    SyntaxError,
    ValueError,
    TypeError,
    LookupError,
    ArithmeticError,
    RuntimeError,
    MemoryError,
    struct.error,
    zlib.error,
)
"""Pillow's decoders let all of these through for damaged files."""

LARGE_PIXELS = 16_000_000
"""More than this is turned into RGB strip by strip, and one image at a time: whole copies would take gigabytes."""

_one_large_image = threading.Lock()

_ORIENTATION_TAG = 0x0112
_TURNS = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}


class ImageError(DatasetError):
    """One image cannot be used.

    Args:
        reason: why, in a few plain words, as listed among the skipped files.
    """

    def __init__(self, reason: str) -> None:
        super().__init__(f"This image cannot be used: {reason}.", "Save it again as JPEG or PNG.")
        self.reason = reason


def load_image(source: Path | bytes, *, min_side_px: int | None = None) -> Image.Image:
    """The first frame of an image file as RGB, upright, with transparency laid on white.

    The format is told from the content, never from the name. Grey values beyond 8 bits are scaled to [0, 255].

    Args:
        source: a file or its bytes.
        min_side_px: a JPEG may be decoded smaller as long as both sides keep at least this many pixels, which is
            much faster; None decodes at full size.

    Raises:
        ImageError: empty, of another format, damaged, or with more pixels than the settings allow.
    """
    data = source if isinstance(source, bytes) else source.read_bytes()
    if not data:
        raise ImageError("the file is empty")
    image = _open(io.BytesIO(data))
    try:
        if min_side_px is not None:
            image.draft(None, (min_side_px, min_side_px))  # None keeps the mode
        with _one_large_image if _is_large(image) else nullcontext():
            image.load()
            return _upright(_to_rgb(image), _orientation(image))
    except _DECODER_ERRORS as error:
        raise ImageError("the image is damaged or cut off") from error


def image_size(source: Path) -> tuple[int, int]:
    """Width and height in pixels as stored (before any turning), from the file's first bytes alone.

    Raises:
        ImageError: as `load_image`, as far as the first bytes tell.
    """
    with source.open("rb") as file:
        return _open(file).size


def square_pixels(image: Image.Image, size_px: int) -> NDArray[np.uint8]:
    """The centre square (the whole short side) resized once, bicubic; shape (size_px, size_px, 3), 0 to 255."""
    side = min(image.size)
    left, top = (image.width - side) / 2, (image.height - side) / 2
    box = (left, top, left + side, top + side)
    return np.asarray(image.resize((size_px, size_px), Image.Resampling.BICUBIC, box=box))


def _open(file: IO[bytes]) -> Image.Image:
    max_pixels = limit("pixels")
    Image.MAX_IMAGE_PIXELS = max_pixels  # Pillow's own bound, which it also holds to frames of animations
    try:
        image = Image.open(file, formats=IMAGE_FORMATS)
    except Image.DecompressionBombError as error:
        raise ImageError(_too_large()) from error
    except UnidentifiedImageError as error:
        file.seek(0)
        raise ImageError(_what_else(file.read(64))) from error
    except _DECODER_ERRORS as error:
        raise ImageError("the image is damaged or cut off") from error
    if image.width * image.height > max_pixels:
        raise ImageError(_too_large())
    return image


def _too_large() -> str:
    return f"the image has more than {limit_words('pixels')}"


def _what_else(data: bytes) -> str:
    start = data.lstrip().lower()
    if start.startswith((b"<!doctype html", b"<html")):
        return "a web page, not an image"
    if b"ftyp" in data[4:12]:
        return "HEIC, AVIF and films are not read; save it as JPEG or PNG"
    if start.startswith((b"<svg", b"<?xml")):
        return "drawings (SVG) are not read; save it as PNG"
    return "not an image, or damaged from its first bytes on"


def _to_rgb(image: Image.Image) -> Image.Image:
    if image.mode == "RGB" and "transparency" not in image.info:
        return image.copy()
    convert = _converter(image)
    if not _is_large(image):
        return convert(image)
    page = Image.new("RGB", image.size)
    for top, strip in _strips(image):
        page.paste(convert(strip), (0, top))
    return page


def _converter(image: Image.Image) -> Callable[[Image.Image], Image.Image]:
    """How any strip of an image becomes RGB."""
    if image.mode.startswith("I") or image.mode == "F":
        extremes = [_extremes(np.asarray(strip)) for _, strip in _strips(image)]
        low, high = min(low for low, _ in extremes), max(high for _, high in extremes)
        return lambda strip: Image.fromarray(_grey_to_8_bit(np.asarray(strip), low, high)).convert("RGB")
    if image.mode in {"LA", "La", "PA", "RGBA", "RGBa"} or "transparency" in image.info:
        return _on_white
    return lambda strip: strip.convert("RGB")


def _is_large(image: Image.Image) -> bool:
    return image.width * image.height > LARGE_PIXELS


def _strips(image: Image.Image) -> Iterator[tuple[int, Image.Image]]:
    """Parts of full width with the row they begin at."""
    n_rows = max(1, LARGE_PIXELS // 4 // image.width)
    for top in range(0, image.height, n_rows):
        yield top, image.crop((0, top, image.width, min(top + n_rows, image.height)))


def _extremes(grey: NDArray[np.generic]) -> tuple[float, float]:
    values = np.nan_to_num(grey.astype(np.float64))
    return float(values.min()), float(values.max())


def _grey_to_8_bit(grey: NDArray[np.generic], low: float, high: float) -> NDArray[np.uint8]:
    """Scales by the range the values were made for: 16 bits, 8 bits or [0, 1]; by their own range beyond those."""
    values = np.nan_to_num(grey.astype(np.float64))
    if grey.dtype.itemsize == 2:
        values *= 255 / 65535
    elif low < 0 or high > 65535:
        values = (values - low) * (255 / max(high - low, 1e-300))
    elif high > 255:
        values *= 255 / 65535
    elif np.issubdtype(grey.dtype, np.floating) and high <= 1:
        values *= 255
    return np.clip(np.rint(values), 0, 255).astype(np.uint8)


def _on_white(image: Image.Image) -> Image.Image:
    layer = image.convert("RGBA")
    paper = Image.new("RGBA", layer.size, "white")
    return Image.alpha_composite(paper, layer).convert("RGB")


def _orientation(image: Image.Image) -> int:
    """How the camera was held; 1 (upright) where the note is missing or damaged, which harms no pixel."""
    try:
        return int(image.getexif().get(_ORIENTATION_TAG, 1))
    except _DECODER_ERRORS:
        return 1


def _upright(image: Image.Image, orientation: int) -> Image.Image:
    turn = _TURNS.get(orientation)
    return image if turn is None else image.transpose(turn)
