"""Rankings on disk, one per dataset, so that a page can show again what was computed."""

from __future__ import annotations

from pathlib import Path

from core.datasets.records import Dataset, DatasetCard
from core.evaluation.records import NotRanked, RankedBackbone, Ranking
from core.workflows.stored_answers import load_answer, save_answer
from core.workflows.workspace import Workspace

VERSION = 1


def save_ranking(workspace: Workspace, ranking: Ranking) -> None:
    """Keep a ranking in the place of the last one for the same dataset."""
    save_answer(_file(workspace, ranking.dataset_id), ranking, version=VERSION)


def load_ranking(workspace: Workspace, dataset: Dataset | DatasetCard) -> Ranking | None:
    """The last ranking for a dataset; None where there is none, or one that another version of this program wrote."""
    stored = load_answer(_file(workspace, dataset.id), version=VERSION)
    if stored is None:
        return None
    ranked = tuple(RankedBackbone(**one) for one in stored.pop("backbones"))
    not_ranked = tuple(NotRanked(**one) for one in stored.pop("not_ranked"))
    return Ranking(backbones=ranked, not_ranked=not_ranked, **stored)


def _file(workspace: Workspace, dataset_id: str) -> Path:
    return workspace.root / "rankings" / f"{dataset_id}.json"
