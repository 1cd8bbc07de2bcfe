"""What every kind of malice starts from: small good samples, and ways to damage any bytes."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Iterable
from functools import lru_cache
from random import Random

import numpy as np
from PIL import Image

N_GOOD = 12
N_PER_CLASS = 3
Member = tuple[str | zipfile.ZipInfo, bytes]


@lru_cache(maxsize=1)
def good_images() -> tuple[bytes, ...]:
    """Small pictures that differ."""
    return tuple(encoded(noise(seed), "PNG") for seed in range(N_GOOD))


def noise(seed: int, size: tuple[int, int] = (12, 10)) -> Image.Image:
    """A picture of random colours."""
    pixels = np.random.default_rng(seed).integers(0, 256, (size[1], size[0], 3), dtype=np.uint8)
    return Image.fromarray(pixels)


def encoded(image: Image.Image, kind: str, **options: object) -> bytes:
    """A picture as the bytes of a file."""
    file = io.BytesIO()
    image.save(file, kind, **options)
    return file.getvalue()


def good_members(prefix: str = "") -> list[Member]:
    """Two classes of pictures, so that one bad file beside them must not cost the whole import."""
    return [
        (f"{prefix}{name}/{number}.png", good_images()[place * N_PER_CLASS + number])
        for place, name in enumerate(("cats", "dogs"))
        for number in range(N_PER_CLASS)
    ]


def zipped(members: Iterable[Member], *, compressed: bool = True) -> bytes:
    """An archive; names may occur twice."""
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED if compressed else zipfile.ZIP_STORED) as archive:
        for name, data in members:
            archive.writestr(name, data)
    return file.getvalue()


def good_rows(n: int = 6) -> list[tuple[str, str]]:
    """Texts with their labels."""
    return [(f"I {'love' if place % 2 else 'hate'} number {place} of these", "ab"[place % 2]) for place in range(n)]


def damaged(rng: Random, data: bytes) -> bytes:
    """The same bytes after one to three accidents: flips, cuts, repetitions, holes, foreign pieces."""
    changed = bytearray(data)
    for _ in range(rng.randint(1, 3)):
        if not changed:
            break
        rng.choice((_flip, _flip, _cut, _repeat, _hole, _insert, _number))(rng, changed)
    return bytes(changed)


def _flip(rng: Random, data: bytearray) -> None:
    for _ in range(rng.randint(1, 12)):
        data[rng.randrange(len(data))] ^= 1 << rng.randrange(8)


def _cut(rng: Random, data: bytearray) -> None:
    del data[rng.randrange(len(data)) :]


def _repeat(rng: Random, data: bytearray) -> None:
    start = rng.randrange(len(data))
    piece = data[start : start + rng.randint(1, 64)]
    data[start:start] = piece * rng.randint(1, 40)


def _hole(rng: Random, data: bytearray) -> None:
    start = rng.randrange(len(data))
    del data[start : start + rng.randint(1, 32)]


def _insert(rng: Random, data: bytearray) -> None:
    start = rng.randrange(len(data) + 1)
    data[start:start] = rng.choice((bytes(8), b"\xff" * 8, b"\r\n\r\n", b"%PDF-1.4", b"PK\x05\x06", rng.randbytes(16)))


def _number(rng: Random, data: bytearray) -> None:
    """A length or count that lies."""
    start = rng.randrange(len(data))
    value = rng.choice((0, 1, 0x7F, 0xFFFF, 0x7FFFFFFF, 0xFFFFFFFF, 0x80000000))
    data[start : start + 4] = value.to_bytes(4, rng.choice(("little", "big")))
