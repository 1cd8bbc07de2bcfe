"""CSV and its relatives: the separator is told from the first lines."""

from __future__ import annotations

import csv
import io
from collections import Counter

from core.datasets.encoding import decode_text
from core.datasets.readers.table import Table, build_table

SEPARATORS = (",", "\t", ";", "|")
SAMPLE_CHARS = 65536
MAX_FIELD_CHARS = 2**31 - 1
"""Python's own limit of 131,072 would turn one long text into a failure of the whole file."""

Rows = list[list[str]]


def read_delimited(data: bytes, name: str, *, has_header: bool | None = None) -> Table:
    """The table in a CSV, TSV or similar file, quoted line breaks included."""
    csv.field_size_limit(MAX_FIELD_CHARS)
    text = decode_text(data)
    separator = sniff_separator(text, prefer="\t" if name.lower().endswith((".tsv", ".tab")) else ",")
    return build_table(_rows(text, separator), name, has_header=has_header)


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


def _rows(text: str, separator: str) -> Rows:
    """Rows with proper quoting; where quotes are mere characters (usual in TSV), the reading that fits more rows."""
    try:
        return _parse(text, separator, strict=True)
    except csv.Error:
        readings = (_parse(text, separator), _parse(text, separator, quoting=csv.QUOTE_NONE))
        return max(readings, key=_n_regular)


def _n_regular(rows: Rows) -> int:
    widths = Counter(len(row) for row in rows)
    return widths[len(rows[0])] if rows else 0


def _parse(text: str, separator: str, *, strict: bool = False, quoting: int = csv.QUOTE_MINIMAL) -> Rows:
    lines = io.StringIO(text, newline="")
    return list(csv.reader(lines, delimiter=separator, strict=strict, quoting=quoting))  # type: ignore[arg-type]
