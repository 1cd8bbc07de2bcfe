"""Image files that claim too much, break off, loop, or are something else."""

from __future__ import annotations

import io
import struct
import zlib
from random import Random

from PIL import Image

from tests.fuzz.mutation import damaged, encoded, good_images, noise

FORMATS = ("PNG", "JPEG", "GIF", "TIFF", "WEBP", "BMP")
SUFFIXES = (".png", ".jpg", ".gif", ".tif", ".webp", ".bmp", ".svg", ".heic", ".ico", "", ".PNG", ".jpeg.exe")
SIDES = (0, 1, 8_000, 30_000, 65_535, 100_000, 2**31 - 1, 2**32 - 1)


def random_damage(rng: Random) -> bytes:
    return damaged(rng, encoded(noise(rng.randrange(1_000), (40, 30)), rng.choice(FORMATS)))


def cut_off(rng: Random) -> bytes:
    data = encoded(noise(rng.randrange(1_000), (80, 60)), rng.choice(FORMATS))
    return data[: rng.randrange(len(data))]


def giant_png(rng: Random) -> bytes:
    """A few bytes that say they are 30,000 pixels wide."""
    width, height = rng.choice(SIDES), rng.choice(SIDES)
    depth, colour = rng.choice(((1, 0), (8, 2), (16, 6), (8, 3), (16, 0)))
    header = struct.pack(">IIBBBBB", width, height, depth, colour, 0, 0, rng.choice((0, 1)))
    return _png([(b"IHDR", header), (b"IDAT", zlib.compress(bytes(rng.choice((0, 1_000, 300_000))))), (b"IEND", b"")])


def chunky_png(rng: Random) -> bytes:
    """Text, profile and palette chunks that unpack to much, come twice or in the wrong place."""
    header = struct.pack(">IIBBBBB", 4, 4, 8, 2, 0, 0, 0)
    bomb = zlib.compress(bytes(rng.choice((1_000, 20_000_000))), 9)
    strange = [
        (b"zTXt", b"a\0\0" + bomb),
        (b"iTXt", b"a\0\1\0\0\0" + bomb),
        (b"iCCP", b"a\0\0" + bomb),
        (b"tEXt", b"a\0" + b"x" * 100_000),
        (b"PLTE", bytes(rng.choice((1, 3, 768, 3_000)))),
        (b"tRNS", bytes(rng.randrange(10))),
        (b"eXIf", b"II*\0\x08\0\0\0" + b"\xff\xff" + bytes(24)),
        (b"acTL", struct.pack(">II", 2**31 - 1, 0)),
        (b"fcTL", struct.pack(">IIIIIHHBB", 0, 2**31, 2**31, 0, 0, 0, 0, 9, 9)),
        (b"IHDR", header),
        (b"IEND", b""),
        (rng.randbytes(4), b""),
    ]
    data = (b"IDAT", zlib.compress(bytes(52)))
    return _png([(b"IHDR", header), *rng.sample(strange, 4), data, *rng.sample(strange, 2), (b"IEND", b"")])


def deflated_png(rng: Random) -> bytes:
    """More rows than it says; they must not be unpacked."""
    header = struct.pack(">IIBBBBB", 4, 4, 8, 2, 0, 0, 0)
    return _png([(b"IHDR", header), (b"IDAT", zlib.compress(bytes(rng.choice((10_000, 50_000_000))), 9))])


def strange_tiff(rng: Random) -> bytes:
    """Directories that point at themselves, tags of absurd counts, tiles larger than the world."""
    order = rng.choice("<>")
    tags = {
        256: (4, 1, rng.choice((1, 40, 9_000, 30_000, 2**32 - 1))),
        257: (4, 1, rng.choice((0, 30, 9_000, 30_000, 2**32 - 1))),
        258: (3, rng.choice((1, 3, 60_000)), rng.choice((1, 8, 16, 64, 65_535))),
        259: (3, 1, rng.choice((1, 2, 5, 6, 7, 8, 32_773, 34_712, 50_000, 50_001, 65_535))),
        262: (3, 1, rng.choice((0, 1, 2, 3, 5, 6, 8, 32_803))),
        273: (4, rng.choice((1, 2**20, 2**32 - 1)), rng.choice((0, 8, 2**32 - 1))),
        277: (3, 1, rng.choice((0, 1, 3, 65_535))),
        278: (4, 1, rng.choice((0, 1, 2**32 - 1))),
        279: (4, rng.choice((1, 2**32 - 1)), rng.choice((0, 100, 2**32 - 1))),
        322: (4, 1, rng.choice((0, 16, 2**31))),
        323: (4, 1, rng.choice((0, 16, 2**31))),
        339: (3, 1, rng.choice((1, 3, 9))),
        34_665: (4, 1, 8),
        330: (4, 1, 8),
    }
    chosen = sorted(rng.sample(sorted(tags), rng.randint(6, len(tags))))
    entries = b"".join(struct.pack(f"{order}HHII", tag, *tags[tag]) for tag in chosen)
    count = rng.choice((len(chosen), len(chosen), 65_535))
    body = struct.pack(f"{order}H", count) + entries + struct.pack(f"{order}I", 8)
    magic = rng.choice((42, 42, 42, 43))
    return (b"II" if order == "<" else b"MM") + struct.pack(f"{order}HI", magic, 8) + body + bytes(300)


def exif_loop(rng: Random) -> bytes:
    """A JPEG whose note on its orientation leads in circles or is of an absurd type."""
    kind, count = rng.randrange(20), rng.choice((0, 1, 2**31))
    entries = struct.pack("<HHII", 0x0112, kind, count, rng.choice((1, 6, 99, 2**32 - 1)))
    entries += struct.pack("<HHII", 0x8769, 4, 1, 8)
    exif = b"Exif\0\0II*\0\x08\0\0\0" + struct.pack("<H", 2) + entries + struct.pack("<I", 8)
    return encoded(noise(rng.randrange(1_000)), "JPEG", exif=exif)


def animated(rng: Random) -> bytes:
    """Thousands of frames; the first is enough."""
    kind = rng.choice(("GIF", "WEBP", "PNG", "TIFF"))
    frames = [Image.new("L", (2, 2), number % 256) for number in range(rng.choice((10, 200)))]
    data = encoded(frames[0], kind, save_all=True, append_images=frames[1:])
    return data if rng.random() < 0.5 else damaged(rng, data)


def giant_gif(rng: Random) -> bytes:
    """A small screen with a frame far larger or far away."""
    screen = struct.pack("<HHBBB", rng.choice((0, 1, 65_535)), rng.choice((0, 1, 65_535)), 0x80, 0, 0) + bytes(6)
    place = struct.pack("<HHHHB", *(rng.choice((0, 1, 9_000, 65_535)) for _ in range(4)), rng.choice((0, 0x40)))
    return b"GIF89a" + screen + b"," + place + bytes([rng.choice((2, 8, 12, 255))]) + b"\x02\x4c\x01\x00;"


def strange_bmp(rng: Random) -> bytes:
    size, offset = rng.choice((12, 40, 108, 124, 0, 2**31)), rng.choice((0, 54, 2**31))
    width, height = (rng.choice((0, 1, -1, 30_000, 2**31 - 1, -(2**31))) for _ in range(2))
    body = struct.pack("<IiiHHIIiiII", size, width, height, 1, rng.choice((0, 1, 4, 8, 24, 32, 99)),
                       rng.choice((0, 1, 2, 3, 4, 9)), 0, 0, 0, rng.choice((0, 2**31)), 0)  # fmt: skip
    return b"BM" + struct.pack("<IHHI", 2**31, 0, 0, offset) + body + bytes(rng.choice((0, 100, 5_000)))


def strange_webp(rng: Random) -> bytes:
    data = bytearray(encoded(noise(rng.randrange(1_000), (30, 30)), "WEBP", lossless=rng.random() < 0.5))
    for at in rng.sample(range(4, min(len(data), 40)), 3):
        data[at] = rng.randrange(256)
    return bytes(data)


def strange_jpeg(rng: Random) -> bytes:
    """Sides of 65,535 in the frame header, scans repeated, segments that overlap the end."""
    data = bytearray(encoded(noise(rng.randrange(1_000), (40, 30)), "JPEG", progressive=rng.random() < 0.5))
    marker = b"\xff\xc2" if b"\xff\xc2" in data else b"\xff\xc0"
    at = data.find(marker)
    struct.pack_into(">HH", data, at + 5, rng.choice((0, 1, 9_999, 30_000, 65_535)), rng.choice((0, 1, 9_999, 65_535)))
    scan = data.find(b"\xff\xda")
    return bytes(data[:scan] + data[scan:-2] * rng.choice((1, 1, 200)) + rng.choice((b"", b"\xff\xd9")))


def something_else(rng: Random) -> bytes:
    """What is no picture, or is one and more."""
    svg = b"<svg xmlns='http://www.w3.org/2000/svg'><script>alert(1)</script><image href='file:///etc/passwd'/></svg>"
    laughs = b"<!DOCTYPE a [<!ENTITY b '" + b"x" * 1_000 + b"'><!ENTITY c '" + b"&b;" * 1_000 + b"'>]><svg>&c;</svg>"
    tail = rng.choice((b"<script>alert(1)</script>", b"PK\x03\x04" + bytes(40), svg, bytes(100_000)))
    return rng.choice(
        (
            svg,
            laughs,
            b"<!DOCTYPE html><html><body onload=alert(1)>",
            b"\x00\x00\x00\x20ftypavif" + rng.randbytes(200),
            b"\x00\x00\x00\x20ftypheic" + bytes(200),
            b"8BPS\0\1" + bytes(6) + struct.pack(">HIIHH", 4, 30_000, 30_000, 8, 3) + bytes(40),
            b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 9 9\n(%pipe%touch out) (w) file\n",
            b"P6 30000 30000 255\n",
            b"\x00\x00\x01\x00\xff\xff" + bytes(100),
            b"%PDF-1.4\n" + good_images()[0],
            b"",
            b"\0" * 5_000,
            rng.randbytes(rng.randint(1, 400)),
            good_images()[0] + tail,
            good_images()[0][:20] + tail,
        )
    )


def large_plain(rng: Random) -> bytes:
    """Just below the limit of pixels: it may be read, and must not take memory without end."""
    mode = rng.choice(("1", "L", "P", "RGB", "RGBA", "LA", "I;16"))
    return encoded(Image.new(mode, rng.choice(((9_900, 9_900), (60_000, 1_600)))), "PNG", compress_level=1)


def _png(chunks: list[tuple[bytes, bytes]]) -> bytes:
    file = io.BytesIO(b"\x89PNG\r\n\x1a\n")
    file.seek(0, 2)
    for name, data in chunks:
        file.write(struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data)))
    return file.getvalue()


MALICES = (
    random_damage,
    cut_off,
    giant_png,
    chunky_png,
    deflated_png,
    strange_tiff,
    exif_loop,
    animated,
    giant_gif,
    strange_bmp,
    strange_webp,
    strange_jpeg,
    something_else,
)
HEAVY = (large_plain,)
