"""Rankings on disk, one per dataset, so that a page can show again what was computed."""

from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path
from typing import Any

from core.datasets.records import Dataset
from core.evaluation.records import NotRanked, RankedBackbone, Ranking
from core.runs.atomic import replace_file
from core.workflows.workspace import Workspace

VERSION = 1


def save_ranking(workspace: Workspace, ranking: Ranking) -> None:
    """Keep a ranking in the place of the last one for the same dataset."""
    text = json.dumps({"version": VERSION, **asdict(ranking)}, ensure_ascii=False)
    replace_file(_file(workspace, ranking.dataset_id), lambda path: _write(path, text))


def load_ranking(workspace: Workspace, dataset: Dataset) -> Ranking | None:
    """The last ranking for a dataset; None where there is none, or one that another version of this program wrote."""
    file = _file(workspace, dataset.id)
    if not file.is_file():
        return None
    stored: dict[str, Any] = json.loads(file.read_text(encoding="utf-8"))
    if stored.pop("version") != VERSION:
        return None
    ranked = tuple(RankedBackbone(**one) for one in stored.pop("backbones"))
    not_ranked = tuple(NotRanked(**one) for one in stored.pop("not_ranked"))
    return Ranking(backbones=ranked, not_ranked=not_ranked, **stored)


def _file(workspace: Workspace, dataset_id: str) -> Path:
    return workspace.root / "rankings" / f"{dataset_id}.json"


def _write(path: Path, text: str) -> None:
    path.write_text(text, encoding="utf-8")
