"""Scorings on disk: what was handed over, the parts that are answered, and the result."""

from __future__ import annotations

import json
import re
import shutil
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Literal

from core.atomic import replace_bytes
from core.errors import UnknownChoiceError
from core.runs.records import utc_now
from core.workflows.loaded_model import AnswerPrecision
from core.workflows.workspace import Workspace

ResultKind = Literal["csv", "parquet"]
RESULTS: dict[ResultKind, str] = {"csv": "scores.csv", "parquet": "scores.parquet"}
_ID = re.compile(r"[0-9a-f]{16}")


@dataclass(frozen=True, kw_only=True, slots=True)
class Scoring:
    """Inputs that somebody handed over to have them answered.

    Attributes:
        id: 16 hex digits.
        run_id: the run whose model answers.
        name: what the inputs are called; for display only.
        sources: (name for display, path) of every file; a folder is one of them.
        text_column: of tables; None: guessed.
        created_at: ISO 8601, UTC.
        precision: what the answers are computed in.
        n_scored: inputs that got an answer; None until all are through.
        n_skipped: inputs that could not be read; None until all are through.
        seconds: that the last stretch took; None until all are through.
    """

    id: str
    run_id: str
    name: str
    sources: tuple[tuple[str, str], ...]
    text_column: str | None
    created_at: str
    precision: AnswerPrecision = "float32"
    n_scored: int | None = None
    n_skipped: int | None = None
    seconds: float | None = None

    @property
    def is_done(self) -> bool:
        """Whether the result can be read."""
        return self.n_scored is not None


def new_scoring(
    scoring_id: str,
    run_id: str,
    sources: Sequence[tuple[str, str]],
    text_column: str | None,
    precision: AnswerPrecision = "float32",
) -> Scoring:
    """A scoring that has not begun; it is not on disk yet."""
    return Scoring(
        id=scoring_id,
        run_id=run_id,
        name=sources[0][0],
        sources=tuple(sources),
        text_column=text_column,
        created_at=utc_now(),
        precision=precision,
    )


def save_scoring(workspace: Workspace, scoring: Scoring) -> Scoring:
    """Put a scoring in the place of its last state; gives it back."""
    text = json.dumps(asdict(scoring), ensure_ascii=False)
    replace_bytes(_facts_file(workspace, scoring.id), text.encode())
    return scoring


def list_scorings(workspace: Workspace, run_id: str) -> tuple[Scoring, ...]:
    """What was handed over for a run, newest first."""
    found = []
    for file in workspace.root.glob("scorings/*/scoring.json"):
        with suppress(UnknownChoiceError, FileNotFoundError):  # deleted at this moment, or none of ours
            found.append(load_scoring(workspace, file.parent.name))
    own = [scoring for scoring in found if scoring.run_id == run_id]
    return tuple(sorted(own, key=lambda scoring: scoring.created_at, reverse=True))


def load_scoring(workspace: Workspace, scoring_id: str) -> Scoring:
    """One scoring as it stands; raises UnknownChoiceError where there is none."""
    if not has_scoring(workspace, scoring_id):
        raise UnknownChoiceError("scoring", scoring_id, ())
    stored: dict[str, Any] = json.loads(_facts_file(workspace, scoring_id).read_text(encoding="utf-8"))
    sources = tuple((name, path) for name, path in stored.pop("sources"))
    return Scoring(sources=sources, **stored)


def read_scores(workspace: Workspace, scoring_id: str, kind: ResultKind) -> bytes:
    """The result as "csv" or "parquet"; raises FileNotFoundError before its end."""
    return result_file(workspace, scoring_id, kind).read_bytes()


def delete_scoring(workspace: Workspace, scoring_id: str) -> None:
    """Forget a scoring with its inputs and its result."""
    if _ID.fullmatch(scoring_id):
        shutil.rmtree(_folder(workspace, scoring_id), ignore_errors=True)


def part_file(workspace: Workspace, scoring_id: str, number: int) -> Path:
    """Where the answers to a chunk lie."""
    return _folder(workspace, scoring_id) / "parts" / f"{number:06}.parquet"


def result_file(workspace: Workspace, scoring_id: str, kind: ResultKind) -> Path:
    """Where the result lies, in the end."""
    return _folder(workspace, scoring_id) / RESULTS[kind]


def inputs_folder(workspace: Workspace, scoring_id: str) -> Path:
    """Where files that were handed over are kept."""
    return _folder(workspace, scoring_id) / "inputs"


def has_scoring(workspace: Workspace, scoring_id: str) -> bool:
    """Whether there is one of this id."""
    return bool(_ID.fullmatch(scoring_id)) and _facts_file(workspace, scoring_id).is_file()


def _facts_file(workspace: Workspace, scoring_id: str) -> Path:
    return _folder(workspace, scoring_id) / "scoring.json"


def _folder(workspace: Workspace, scoring_id: str) -> Path:
    return workspace.root / "scorings" / scoring_id
