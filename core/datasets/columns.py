"""Which column holds the texts, which the labels, and which the split: guessed by name and by content."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import product

from core.datasets.readers.table import LABEL_NAMES, TEXT_NAMES, Cells, Table, is_split_column
from core.errors import DatasetError, UnknownChoiceError

SAMPLE_ROWS = 5000
PREVIEW_ROWS = 5
PREVIEW_CHARS = 200


@dataclass(frozen=True, kw_only=True, slots=True)
class ColumnChoice:
    """What a table offers and what was guessed.

    Attributes:
        columns: all column names, in file order.
        text_column: the one taken for the texts.
        label_column: the one taken for the labels.
        split_column: the one that names train, val and test, or None.
        group_column: the one that says what stays together in a drawn split, where it was named, or None.
        preview: the first rows, cut to a readable length, each of length n_columns.
    """

    columns: tuple[str, ...]
    text_column: str
    label_column: str
    split_column: str | None
    preview: tuple[tuple[str, ...], ...]
    group_column: str | None = None


def choose_columns(
    table: Table,
    *,
    text_column: str | None = None,
    label_column: str | None = None,
    group_column: str | None = None,
) -> ColumnChoice:
    """The named columns, and a guess for those of texts and labels that are not named.

    Raises:
        UnknownChoiceError: a named column does not exist; carries the nearest one.
        DatasetError: the table has fewer than two columns or no rows, or two names are the same.
    """
    for name in (text_column, label_column, group_column):
        if name is not None and name not in table.columns:
            raise UnknownChoiceError("column", name, table.columns)
    if text_column is not None and text_column == label_column:
        raise DatasetError(
            f'Texts and labels must come from two columns; both are "{text_column}".', "Choose another column for one."
        )
    if group_column is not None and group_column in (text_column, label_column):
        raise DatasetError(
            f'What stays together must stand in a column of its own; "{group_column}" holds the texts or labels.',
            "Choose another column for it, or none.",
        )
    _require_two_columns(table)
    split_column = next((name for name in table.columns if is_split_column(name, table.column(name))), None)
    text, label = _guess(table, text_column, label_column, split_column, group_column)
    return ColumnChoice(
        columns=table.columns,
        text_column=text,
        label_column=label,
        split_column=None if split_column in (text, label) else split_column,
        preview=_preview(table),
        group_column=group_column,
    )


def _require_two_columns(table: Table) -> None:
    if len(table.columns) >= 2 and table.n_rows:
        return
    found = f"{len(table.columns)} columns and {table.n_rows} rows"
    raise DatasetError(
        f'A table needs a column of texts, a column of labels and some rows; "{table.name}" has {found}.',
        "Check the file in a spreadsheet program; the first row should name the columns.",
    )


def _guess(table: Table, text: str | None, label: str | None, split: str | None, group: str | None) -> tuple[str, str]:
    free = [name for name in table.columns if name not in (split, group) or name in (text, label)]
    samples = {name: [cell for cell in table.column(name)[:SAMPLE_ROWS] if cell] for name in free}
    text_scores = {name: text_score(name, cells) for name, cells in samples.items()}
    label_scores = {name: _label_score(name, cells) for name, cells in samples.items()}
    texts = _best_two(text_scores) if text is None else [text]
    labels = _best_two(label_scores) if label is None else [label]
    pairs = [pair for pair in product(texts, labels) if pair[0] != pair[1]]
    if not pairs:
        raise DatasetError(
            f'A table needs a column of texts and one of labels beside its split; "{table.name}" has only '
            f"{', '.join(table.columns)}.",
            "Add the missing column.",
        )
    return max(pairs, key=lambda pair: text_scores[pair[0]] + label_scores[pair[1]])


def _best_two(scores: dict[str, float]) -> list[str]:
    """The best column and the one to take where the other kind takes that; in file order, so that ties are settled."""
    best = sorted(scores, key=lambda name: -scores[name])[:2]
    return [name for name in scores if name in best]


def text_score(name: str, cells: list[str]) -> float:
    """High for columns named like texts, and for long cells that are rarely the same."""
    if not cells:
        return -9.0
    length = sum(map(len, cells)) / len(cells)
    numeric = sum(_is_numeric(cell) for cell in cells) / len(cells)
    return 2 * _name_score(name, TEXT_NAMES) + length / (length + 40) + len(set(cells)) / len(cells) - 3 * numeric


def _label_score(name: str, cells: list[str]) -> float:
    """High for columns named like labels, and for few distinct, short values; words go before their numbers."""
    if not cells:
        return -9.0
    distinct = set(cells)
    length = sum(map(len, cells)) / len(cells)
    spread = len(distinct) / len(cells)
    constant = 2.0 if len(distinct) < 2 else 0.0
    wordy = 0.0 if all(map(_is_numeric, distinct)) else 0.3
    return 2 * _name_score(name, LABEL_NAMES) + 1 - spread - min(1.0, length / 100) + wordy - constant


def _name_score(name: str, known: frozenset[str]) -> float:
    plain = name.strip().lower()
    if plain in known:
        return 1.0
    words = plain.replace("-", "_").replace(" ", "_").split("_")
    return 0.9 if any(word in known for word in words) else 0.0


def _is_numeric(cell: str) -> bool:
    try:
        float(cell)
    except ValueError:
        return False
    return True


def _preview(table: Table) -> tuple[tuple[str, ...], ...]:
    columns: list[Cells] = [cells[:PREVIEW_ROWS] for cells in table.cells]
    return tuple(tuple((cell or "")[:PREVIEW_CHARS] for cell in row) for row in zip(*columns, strict=True))
