"""CSV and its relatives: the separator is told from the first lines."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator

from core.datasets.encoding import decode_text
from core.datasets.readers.table import Table, build_table

SEPARATORS = (",", "\t", ";", "|")
SAMPLE_CHARS = 65536
MAX_FIELD_CHARS = 2**31 - 1
"""Python's own limit of 131,072 would turn one long text into a failure of the whole file."""

LINES_CHARS = 1024**2

Rows = Iterator[list[str]]


def read_delimited(data: bytes, name: str, *, has_header: bool | None = None) -> Table:
    """The table in a CSV, TSV or similar file, quoted line breaks included."""
    csv.field_size_limit(MAX_FIELD_CHARS)
    text = decode_text(data)
    separator = sniff_separator(text, prefer="\t" if name.lower().endswith((".tsv", ".tab")) else ",")
    return _build(text, separator, name, has_header)


def sniff_separator(text: str, *, prefer: str = ",") -> str:
    """The separator under which most of the first rows have as many cells as the first row, and at least two."""
    sample = text[:SAMPLE_CHARS]
    ranked = sorted(SEPARATORS, key=lambda separator: separator != prefer)
    return max(ranked, key=lambda separator: _agreement(sample, separator))


def _agreement(sample: str, separator: str) -> float:
    widths = [len(row) for row in _parse(sample, separator) if row]
    if not widths or widths[0] < 2:
        return 0.0
    return sum(width == widths[0] for width in widths) / len(widths)


def _build(text: str, separator: str, name: str, has_header: bool | None) -> Table:
    """Rows with proper quoting; where quotes are mere characters (usual in TSV), the reading that fits more rows."""
    try:
        return build_table(_parse(text, separator, strict=True), name, has_header=has_header)
    except csv.Error:
        kinds = (csv.QUOTE_MINIMAL, csv.QUOTE_NONE)
        quoting = max(kinds, key=lambda kind: _n_regular(_parse(text, separator, quoting=kind)))
        return build_table(_parse(text, separator, quoting=quoting), name, has_header=has_header)


def _n_regular(rows: Rows) -> int:
    first = len(next(rows, []))
    return 1 + sum(len(row) == first for row in rows)


def _parse(text: str, separator: str, *, strict: bool = False, quoting: int = csv.QUOTE_MINIMAL) -> Rows:
    return csv.reader(_lines(text), delimiter=separator, strict=strict, quoting=quoting)  # type: ignore[arg-type]


def _lines(text: str) -> Iterator[str]:
    """The lines with their ends, some at a time: all at once would take four bytes for each character once more."""
    start = 0
    while start < len(text):
        end = text.find("\n", start + LINES_CHARS) + 1 or len(text)
        yield from io.StringIO(text[start:end], newline="")
        start = end
