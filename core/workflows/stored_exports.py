"""The archives that were made of a run's model, and what checking them found; needs no torch."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from core.atomic import replace_bytes, replace_file
from core.backbones.catalogue import get_backbone
from core.exporting.export_check import ExportCheck, check_words
from core.exporting.formats import FORMATS, ExportFormat, get_format, why_not_format
from core.training.strategies import get_strategy
from core.workflows.show_run import RunView
from core.workflows.workspace import Workspace

__all__ = ["Offer", "check_words", "get_format", "keep_export", "list_offers", "read_export"]


@dataclass(frozen=True, kw_only=True, slots=True)
class Offer:
    """A format for one run.

    Attributes:
        kind: the format.
        why_not: why the run's model cannot take it, a sentence; empty where it can.
        check: what was found when its archive was made; None where none is there.
    """

    kind: ExportFormat
    why_not: str = ""
    check: ExportCheck | None = None


def list_offers(workspace: Workspace, run: RunView) -> list[Offer]:
    """Every format for models of this kind of data; those of other kinds are left out."""
    row, features = get_backbone(run.spec.model), get_strategy(run.spec.strategy).features
    return [
        Offer(kind=kind, why_not=why_not_format(kind, row, features), check=_read_check(workspace, run.id, kind))
        for kind in FORMATS
        if kind.modality in (None, row.modality)
    ]


def read_export(workspace: Workspace, run_id: str, format_id: str) -> bytes:
    """The archive; raises FileNotFoundError where there is none."""
    return workspace.runs.get(run_id).export_path(format_id).read_bytes()


def keep_export(workspace: Workspace, run_id: str, check: ExportCheck, write: Callable[[Path], None]) -> None:
    """Put an archive where the page looks for it; what was found is written last, and stands for both."""
    file = workspace.runs.get(run_id).export_path(check.format)
    _check_file(file).unlink(missing_ok=True)
    replace_file(file, write)
    replace_bytes(_check_file(file), json.dumps(check.to_json(), indent=1).encode())


def _read_check(workspace: Workspace, run_id: str, kind: ExportFormat) -> ExportCheck | None:
    folder = workspace.runs.get(run_id)
    file = _check_file(folder.export_path(kind.id))
    try:
        if file.stat().st_mtime_ns < folder.answers_since_ns():  # of before it was resumed, or told when not to answer
            return None
        return ExportCheck.from_json(json.loads(file.read_text(encoding="utf-8")))
    except (OSError, ValueError, TypeError, KeyError):  # made by another version, or not at all: it is made again
        return None


def _check_file(archive: Path) -> Path:
    return archive.with_suffix(".json")
