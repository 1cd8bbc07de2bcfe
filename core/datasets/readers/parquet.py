"""Parquet files; columns that hold lists, nests or bytes are left out."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from core.datasets.readers.table import Cells, Table, cell_text, name_columns, require_size
from core.errors import DatasetError
from core.settings import MB, limit, limit_remedy, limit_words

BATCH_ROWS = 65_536


def read_parquet(data: bytes, name: str) -> Table:
    """The table in a Parquet file.

    Raises:
        DatasetError: it is damaged, or holds more than the settings allow.
    """
    import pyarrow as pa
    import pyarrow.parquet as pq

    try:
        # a word that comes often is kept once, as in the file: unpacked, a small file can be larger than any memory
        columns = _flat_columns(pq.ParquetFile(pa.BufferReader(data)).schema_arrow)
        file = pq.ParquetFile(pa.BufferReader(data), read_dictionary=columns)
        _require_sane_size(file, name, len(columns))
        cells = _read(file, columns)
    except (pa.ArrowException, OSError, ValueError, TypeError, LookupError, ArithmeticError, MemoryError) as error:
        raise DatasetError(f'The Parquet file "{name}" is damaged.', "Write or download it again.") from error
    names_of = _class_names(file.schema_arrow.metadata or {})
    return Table(
        name=name,
        columns=name_columns(columns),
        cells=tuple(_cells(cells[column], names_of.get(column)) for column in columns),
        row_numbers=range(1, file.metadata.num_rows + 1),
    )


def require_unpacked_size(file: Path) -> None:
    """Raises DatasetError where a Parquet file has more rows, or takes more memory, than the settings allow a table.

    A word that comes often is kept once in the file and counted as often as it comes, without being repeated here.
    """
    import pyarrow as pa
    import pyarrow.parquet as pq

    schema = pq.read_schema(file)
    words = [field.name for field in schema if pa.types.is_string(field.type) or pa.types.is_binary(field.type)]
    with pq.ParquetFile(file, read_dictionary=words) as table:
        require_size(file.name, n_columns=len(schema), n_rows=table.metadata.num_rows)
        n_bytes = 0
        for batch in table.iter_batches(batch_size=BATCH_ROWS):
            n_bytes += sum(map(_unpacked_bytes, batch.columns))
            if n_bytes > limit("table"):
                raise DatasetError(
                    f'A table may unpack to {limit_words("table")}; "{file.name}" has more.',
                    limit_remedy("table", "Use a part of the rows"),
                )


def _unpacked_bytes(column: Any) -> int:
    import pyarrow as pa
    import pyarrow.compute as pc

    if not pa.types.is_dictionary(column.type):
        return int(column.nbytes)
    return pc.sum(pc.take(pc.binary_length(column.dictionary), column.indices)).as_py() or 0


def _flat_columns(schema: Any) -> list[str]:
    names = [field.name for field in schema if not _is_nested(field.type)]
    return [name for name in names if names.count(name) == 1]  # others cannot be told apart


def _require_sane_size(file: Any, name: str, n_columns: int) -> None:
    require_size(name, n_columns=n_columns, n_rows=file.metadata.num_rows)
    n_bytes = sum(file.metadata.row_group(place).total_byte_size for place in range(file.num_row_groups))
    if n_bytes > limit("table"):
        raise DatasetError(
            f'A table may unpack to {limit_words("table")}; "{name}" says {n_bytes / MB:,.0f} MB.',
            limit_remedy("table", "Use a part of the rows"),
        )


def _read(file: Any, columns: list[str]) -> dict[str, list[Any]]:
    max_chars, words = 2 * limit("text"), dict[str, str]()
    found: dict[str, list[Any]] = {name: [] for name in columns}
    for batch in file.iter_batches(batch_size=BATCH_ROWS, columns=columns):
        for name in columns:
            found[name] += _values(batch.column(name), words, max_chars)
    return found


def _values(column: Any, words: dict[str, str], max_chars: int) -> list[Any]:
    import pyarrow as pa

    if not pa.types.is_dictionary(column.type):
        return list(column.to_pylist())
    known = [
        words.setdefault(word[:max_chars], word[:max_chars]) if isinstance(word, str) else word
        for word in column.dictionary.to_pylist()
    ]
    return [None if place is None else known[place] for place in column.indices.to_pylist()]


def _is_nested(kind: Any) -> bool:
    import pyarrow as pa

    if pa.types.is_dictionary(kind):
        return _is_nested(kind.value_type)
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
