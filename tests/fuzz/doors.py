"""The ways in that hostile input takes, and what must be true of what comes out of each."""

from __future__ import annotations

import csv
import io
import json
import sys
import unicodedata
from collections.abc import Callable, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from core.__main__ import main
from core.datasets.entries import UploadedFile
from core.datasets.records import Dataset
from core.errors import UserError
from core.exporting.dataset import dataset_csv
from core.exporting.spreadsheet import FORMULA_STARTS, plain_cell
from core.workflows.inspect_dataset import inspect_dataset, inspect_table
from core.workflows.workspace import Workspace

ACCEPTED, REFUSED = "accepted", "refused"
MAX_MESSAGE_CHARS = 5_000


@dataclass(frozen=True, kw_only=True, slots=True)
class Ground:
    """What was prepared before the first case.

    Attributes:
        workspace: with a finished run on images and one on texts.
        good: good paths and ids by name, see `words.build_words`.
    """

    workspace: Path
    good: dict[str, str]


class FaultError(Exception):
    """Something that must never happen did."""


def refused_or(act: Callable[[], None]) -> str:
    """Whether the act was let in; a refusal must say what is wrong and what to do."""
    try:
        act()
    except UserError as error:
        require_helpful(error.problem, error.remedy)
        return REFUSED
    return ACCEPTED


def require_helpful(problem: str, remedy: str) -> None:
    """Raises FaultError where a refusal says nothing, says too much, or carries characters that a terminal obeys."""
    if not problem.strip() or not remedy.strip():
        raise FaultError(f"a refusal without problem or remedy: {problem!r} {remedy!r}")
    if len(problem) + len(remedy) > MAX_MESSAGE_CHARS:
        raise FaultError(f"a refusal of {len(problem) + len(remedy):,} characters: {problem[:200]!r}")
    _require_calm(problem + remedy)


def import_data(
    source: Path | Sequence[UploadedFile], workspace: Path, test: Path | Sequence[UploadedFile] | None = None
) -> None:
    """Reads data as the Data page does, reads the dataset back, and takes it along as a table."""
    kept = Workspace(workspace)
    inspect_table(source)
    dataset = inspect_dataset(kept, source, test=test)
    again = kept.datasets.load(dataset.id)
    if again.class_names != dataset.class_names or again.sources != dataset.sources or again.texts != dataset.texts:
        raise FaultError("the dataset is another one when it is read again")
    for name in (*dataset.class_names, *dataset.sources, *(item.file for item in dataset.skipped)):
        _require_calm(name)
    if any(not name.strip() or len(name) > 200 for name in dataset.class_names):
        raise FaultError(f"a class without a name, or with an endless one: {dataset.class_names!r:.200}")
    if dataset.modality == "text":
        require_no_formulas(dataset_csv(dataset))
        _require_reversible(dataset)


def require_no_formulas(table: bytes) -> None:
    """Raises FaultError where a spreadsheet would run a cell of a CSV file."""
    csv.field_size_limit(2**31 - 1)
    for row in csv.reader(io.StringIO(table.decode("utf-8-sig"), newline="")):
        for cell in row:
            if cell.startswith(FORMULA_STARTS) and not _is_number(cell):
                raise FaultError(f"a spreadsheet would run {cell[:40]!r}")


def command_line(words: Sequence[str]) -> str:
    """Runs a command as its program does, on streams that take what a terminal takes."""
    out, err = _Stream("strict"), _Stream("backslashreplace")
    with _streams(out, err):
        code = main(words)
    said, told = out.text(), err.text()
    if code not in (0, 2):
        raise FaultError(f"exit code {code} of {words!r:.300}:\n{told[-3_000:]}")
    if "Traceback" in said + told:
        raise FaultError(f"a traceback on a stream of {words!r:.300}:\n{told[-3_000:]}")
    if "--json" in words:
        last = json.loads(said.splitlines()[-1], parse_constant=_no_constant)
        if code == 2:
            require_helpful(last["error"]["problem"], last["error"]["remedy"])
    elif code == 2 and not any(line.startswith("Error: ") for line in told.splitlines()):
        raise FaultError(f"no word on what is wrong: {told!r:.300}")
    _require_calm(said.replace("\n", " ") + told.replace("\n", " ").replace("\r", " "))
    return ACCEPTED if code == 0 else REFUSED


def _require_reversible(dataset: Dataset) -> None:
    rows = list(csv.reader(io.StringIO(dataset_csv(dataset).decode("utf-8-sig"), newline="")))[1:]
    for text, row in zip(dataset.texts, rows, strict=True):
        if plain_cell(row[0]) != text:
            raise FaultError(f"a text is another one in the table: {row[0]!r:.100}")


def _require_calm(text: str) -> None:
    """No control characters, and none that turn the direction of what follows."""
    for char in set(text):
        if unicodedata.category(char) in ("Cc", "Cs") or char in "\u202a\u202b\u202d\u202e\u2066\u2067\u2068":
            raise FaultError(f"the character {char!r} reaches the screen: {text[:200]!r}")


def _no_constant(name: str) -> None:
    raise FaultError(f"{name} is no JSON")


def _is_number(cell: str) -> bool:
    try:
        float(cell)
    except ValueError:
        return False
    return True


class _Stream(io.TextIOWrapper):
    def __init__(self, errors: str) -> None:
        super().__init__(io.BytesIO(), encoding="utf-8", errors=errors, write_through=True)

    def text(self) -> str:
        """What was written."""
        self.flush()
        return self.buffer.getvalue().decode("utf-8")  # type: ignore[attr-defined]


@contextmanager
def _streams(out: io.TextIOWrapper, err: io.TextIOWrapper):
    before = sys.stdout, sys.stderr
    sys.stdout, sys.stderr = out, err
    try:
        yield
    finally:
        sys.stdout, sys.stderr = before
