"""What backbones took the classes of datasets for, on disk, so that a page can show again what was computed."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import Any

from core.datasets.records import Dataset, DatasetCard
from core.evaluation.records import ClassLikeness, SourceRelation
from core.workflows.stored_answers import load_answer, save_answer
from core.workflows.workspace import Workspace

VERSION = 1


def save_relation(workspace: Workspace, relation: SourceRelation) -> None:
    """Keep a relation in the place of the last one for the same dataset and backbone."""
    save_answer(_file(workspace, relation.dataset_id, relation.model), relation, version=VERSION)


def load_relation(workspace: Workspace, dataset: Dataset | DatasetCard, model: str) -> SourceRelation | None:
    """The last relation for a dataset and a backbone; None where there is none, or one of another version."""
    stored = load_answer(_file(workspace, dataset.id, model), version=VERSION)
    if stored is None:
        return None
    for name in ("class_given_concept", "concept_given_class"):
        stored[name] = tuple(map(tuple, stored[name]))
    classes = tuple(_likeness(one) for one in stored.pop("classes"))
    concept_names = tuple(stored.pop("concept_names"))
    return SourceRelation(classes=classes, concept_names=concept_names, **stored)


def _likeness(stored: dict[str, Any]) -> ClassLikeness:
    concepts = tuple((name, share) for name, share in stored.pop("concepts"))
    return ClassLikeness(concepts=concepts, **stored)


def _file(workspace: Workspace, dataset_id: str, model: str) -> Path:
    """A backbone's id may be a name that a person typed, so it becomes no part of a path as it is."""
    digest = hashlib.sha256(model.encode()).hexdigest()[:16]
    return workspace.root / "relations" / dataset_id / f"{digest}.json"
