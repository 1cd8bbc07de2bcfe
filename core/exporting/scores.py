"""Answers to many inputs as tables: kept in parts while they are made, joined at the end."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import chain
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from core.exporting.spreadsheet import ENCODING, table_csv, write_table

NAME, TEXT, LABEL, PROBABILITY, PROBLEM = "input", "text", "predicted class", "probability", "problem"
DECLINED, UNLIKE = "not sure enough", "unlike the training data"


@dataclass(frozen=True, kw_only=True, slots=True)
class Scored:
    """One row of the result.

    Attributes:
        name: where the input came from, as the person knows it.
        text: the text; empty for images.
        label: the predicted class; empty where the input could not be read.
        probability: of that class, in [0, 1]; None where the input could not be read.
        probs: of every class, in label order; empty where the input could not be read.
        declined: whether the run is set not to answer what it is so unsure of; None where the input could not be read.
        unlike: whether it is unlike anything the run was trained on; None where that is not known.
        problem: why it could not be read; empty where it could.
    """

    name: str
    text: str = ""
    label: str = ""
    probability: float | None = None
    probs: tuple[float, ...] = ()
    declined: bool | None = None
    unlike: bool | None = None
    problem: str = ""


def save_part(rows: Sequence[Scored], class_names: Sequence[str], file: Path, *, with_text: bool) -> None:
    """Rows as Parquet: the columns below, then the probability of every class; missing where there is no answer."""
    pq.write_table(_table(rows, class_names, with_text=with_text), file)


def join_as_parquet(parts: Sequence[Path], file: Path) -> None:
    """All parts in one file, part by part, so that memory stays flat."""
    with pq.ParquetWriter(file, pq.read_schema(parts[0])) as writer:
        for part in parts:
            writer.write_table(pq.read_table(part))


def join_as_csv(parts: Sequence[Path], file: Path) -> None:
    """All parts as CSV in UTF-8 with a byte-order mark; what a spreadsheet would run as a formula stays text."""
    with file.open("w", encoding=ENCODING, errors="replace", newline="") as out:
        write_table(out, [pq.read_schema(parts[0]).names])
        for part in parts:
            write_table(out, _cells(pq.read_table(part)))


def scores_csv(rows: Sequence[Scored], class_names: Sequence[str], *, with_text: bool) -> bytes:
    """A few rows as the CSV that `join_as_csv` writes."""
    table = _table(rows, class_names, with_text=with_text)
    return table_csv(chain([table.schema.names], _cells(table)))


def count_scores(parts: Sequence[Path]) -> tuple[int, int]:
    """How many inputs got an answer, and how many could not be read."""
    problems = [pq.read_table(part, columns=[PROBLEM])[PROBLEM] for part in parts]
    n_problems = sum(len(column) - column.null_count for column in problems)
    return sum(map(len, problems)) - n_problems, n_problems


def _table(rows: Sequence[Scored], class_names: Sequence[str], *, with_text: bool) -> pa.Table:
    columns: dict[str, Any] = {NAME: pa.array([row.name for row in rows], pa.string())}
    if with_text:
        columns[TEXT] = pa.array([row.text for row in rows], pa.string())
    columns[LABEL] = pa.array([row.label or None for row in rows], pa.string())
    columns[PROBABILITY] = pa.array([row.probability for row in rows], pa.float32())
    columns[DECLINED] = pa.array([row.declined for row in rows], pa.bool_())
    columns[UNLIKE] = pa.array([row.unlike for row in rows], pa.bool_())
    columns[PROBLEM] = pa.array([row.problem or None for row in rows], pa.string())
    for place, name in enumerate(class_names):
        probs = [row.probs[place] if row.probs else None for row in rows]
        columns[f"probability of {name}"] = pa.array(probs, pa.float32())
    return pa.table(columns)


def _cells(table: pa.Table) -> Iterator[list[str]]:
    columns = [column.to_pylist() for column in table.columns]
    return ([_cell(value) for value in row] for row in zip(*columns, strict=True))


def _cell(value: str | float | bool | None) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return "yes" if value else "no"
    return f"{value:.6g}" if isinstance(value, float) else value
