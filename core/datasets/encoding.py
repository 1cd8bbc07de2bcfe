"""Bytes to text in whichever of the usual encodings they were written."""

from __future__ import annotations

import codecs

SAMPLE_BYTES = 65536
FOREIGN_SHARE = 0.2
"""Above this share of bytes beyond ASCII (spaces aside) a text is not Western European."""
MIN_FOREIGN_BYTES = 16
"""Fewer bytes than these are no ground for a guess."""

_MARKS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)


def decode_text(data: bytes) -> str:
    """The text in `data`: byte-order mark, UTF-8 and UTF-16 first, then a guess among the older encodings."""
    for mark, encoding in _MARKS:
        if data.startswith(mark):
            return data.decode(encoding, "replace")
    wide = _utf16_without_mark(data)
    if wide:
        return data.decode(wide, "replace")
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError:
        return _decode_legacy(data)


def _utf16_without_mark(data: bytes) -> str | None:
    """Western text in UTF-16 has a zero in every other byte, which no 8-bit encoding has."""
    sample = data[:SAMPLE_BYTES]
    pairs = len(sample) // 2
    if pairs < 2:
        return None
    zeros = (sample[0::2].count(0), sample[1::2].count(0))
    if zeros[1] > 0.4 * pairs and zeros[0] < 0.1 * pairs:
        return "utf-16-le"
    if zeros[0] > 0.4 * pairs and zeros[1] < 0.1 * pairs:
        return "utf-16-be"
    return None


def _decode_legacy(data: bytes) -> str:
    encoding = _guess_foreign(data[:SAMPLE_BYTES]) or "cp1252"
    try:
        return data.decode(encoding)
    except UnicodeDecodeError:
        return data.decode("latin-1")


def _guess_foreign(sample: bytes) -> str | None:
    visible = [byte for byte in sample if byte > 32]
    n_beyond = sum(byte > 127 for byte in visible)
    if n_beyond < max(MIN_FOREIGN_BYTES, FOREIGN_SHARE * len(visible)):
        return None
    from charset_normalizer import from_bytes

    best = from_bytes(sample).best()
    return best.encoding if best else None
