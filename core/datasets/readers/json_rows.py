"""JSON Lines, or one JSON array of objects."""

from __future__ import annotations

import json
from typing import Any

from core.datasets.encoding import decode_text
from core.datasets.readers.table import Table, cell_text, name_columns, require_size
from core.datasets.records import Skipped

_JSON_ERRORS = (ValueError, RecursionError)


def read_json(data: bytes, name: str) -> Table:
    """The table in a JSON Lines file, a JSON array, or an object with one array of objects in it."""
    text = decode_text(data)
    whole = _whole(text)
    found = list(enumerate(whole, start=1)) if whole is not None else _lines(text)
    rows = [(number, row) for number, row in found if isinstance(row, dict)]
    skipped = [
        Skipped(file=f"{name} row {number}", reason="not a JSON object")
        for number, row in found
        if not isinstance(row, dict)
    ]
    keys = list(dict.fromkeys(key for _, row in rows for key in row))
    require_size(name, n_columns=len(keys), n_rows=len(rows))
    return Table(
        name=name,
        columns=name_columns(keys),
        cells=tuple([cell_text(row.get(key)) for _, row in rows] for key in keys),
        row_numbers=[number for number, _ in rows],
        skipped=tuple(skipped),
    )


def _whole(text: str) -> list[Any] | None:
    """The array where the file is one JSON value; None where it is one value per line."""
    try:
        value = json.loads(text)
    except _JSON_ERRORS:
        return None
    if isinstance(value, dict):
        arrays = [item for item in value.values() if isinstance(item, list) and item and isinstance(item[0], dict)]
        return arrays[0] if len(arrays) == 1 else [value]
    return value if isinstance(value, list) else None


def _lines(text: str) -> list[tuple[int, Any]]:
    lines = text.split("\n")
    return [(number, _line(line)) for number, line in enumerate(lines, start=1) if line.strip()]


def _line(line: str) -> Any:
    try:
        return json.loads(line)
    except _JSON_ERRORS:
        return None
