"""Parquet files; columns that hold lists, nests or bytes are left out."""

from __future__ import annotations

import json
from typing import Any

from core.datasets.readers.table import Cells, Table, cell_text, name_columns
from core.errors import DatasetError


def read_parquet(data: bytes, name: str) -> Table:
    """The table in a Parquet file; raises DatasetError where it is damaged."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    try:
        table = pq.read_table(pa.BufferReader(data))
    except (pa.ArrowException, OSError) as error:
        raise DatasetError(f'The Parquet file "{name}" is damaged.', "Write or download it again.") from error
    names_of = _class_names(table.schema.metadata or {})
    flat = [field.name for field in table.schema if not _is_nested(field.type)]
    return Table(
        name=name,
        columns=name_columns(flat),
        cells=tuple(_cells(table[column].to_pylist(), names_of.get(column)) for column in flat),
        row_numbers=range(1, table.num_rows + 1),
    )


def _is_nested(kind: Any) -> bool:
    import pyarrow as pa

    return bool(pa.types.is_nested(kind) or pa.types.is_binary(kind) or pa.types.is_large_binary(kind))


def _class_names(metadata: dict[bytes, bytes]) -> dict[str, list[str]]:
    """Names of numbered classes, as the `datasets` library keeps them in the file's metadata."""
    try:
        features = json.loads(metadata.get(b"huggingface", b"{}"))["info"]["features"]
        return {column: kind["names"] for column, kind in features.items() if kind.get("_type") == "ClassLabel"}
    except (ValueError, KeyError, TypeError, AttributeError):
        return {}


def _cells(values: list[Any], names: list[str] | None) -> Cells:
    if names:
        return [names[value] if isinstance(value, int) and 0 <= value < len(names) else None for value in values]
    return [cell_text(value) for value in values]
