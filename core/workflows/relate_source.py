"""What a pretrained network takes the classes for: its own last layer is asked, and nothing is trained."""

from __future__ import annotations

import time

import numpy as np

from core.arrays import IntArray
from core.backbones.catalogue import DEFAULT_BACKBONES, get_backbone
from core.backbones.records import BackboneRow
from core.backbones.source_head import SourceHead, load_source_head, why_no_source_head
from core.backbones.weights import weights_status
from core.datasets.records import Dataset
from core.errors import ConfigurationError
from core.evaluation.ranking import nested_sample
from core.evaluation.records import ClassLikeness, SourceRelation
from core.evaluation.transfer_matrix import TransferMatrix, build_transfer_matrix, likely_concepts, top_concepts
from core.runs.records import utc_now
from core.settings import DEFAULT_SEED
from core.workflows.pooled_features import PooledPass, Progress, require_modality
from core.workflows.stored_relations import save_relation
from core.workflows.workspace import Workspace

MAX_SAMPLES = 2_000
N_CONCEPTS = 5
"""Concepts kept for each class, those it is most taken for."""


def relate_source(
    workspace: Workspace, dataset: Dataset, *, model: str | None = None, on_progress: Progress = lambda *_: None
) -> SourceRelation:
    """Relate what a backbone was pretrained to tell apart to the classes of a dataset; kept in the workspace.

    Only training samples are looked at, at most 2,000 of them. Nothing is downloaded. What is computed here lies in
    the cache, where a run with the same backbone finds it.

    Args:
        workspace: where images, cache and measured numbers lie.
        dataset: as stored in the workspace.
        model: id of the backbone; None for the one that comes with the installation.
        on_progress: called with (step, done, of); may raise to end it.

    Raises:
        UnknownChoiceError: there is no such backbone.
        ConfigurationError: it takes something else, or has no source head to ask.
        MissingWeightsError: its weights are not on this machine.
    """
    started = time.perf_counter()
    row = get_backbone(model or DEFAULT_BACKBONES[dataset.modality])
    require_modality(row, dataset)
    on_progress(f"{row.title}: loading", 0, 0)
    head = _require_head(row)
    train = dataset.rows("train")
    samples = train[nested_sample(dataset.labels[train], MAX_SAMPLES, seed=DEFAULT_SEED)]
    passed = PooledPass(workspace, dataset, row, on_progress)
    theta = head.probs(passed.features(samples))
    on_progress(f"{row.title}: relating what it sees to the classes", 0, 0)
    labels = dataset.labels[samples]
    matrix = build_transfer_matrix(theta, labels, dataset.n_classes, seed=DEFAULT_SEED)
    classes = _classes(matrix, labels, dataset.class_names, head)
    kept = _kept(matrix, classes)
    relation = SourceRelation(
        dataset_id=dataset.id,
        model=row.id,
        title=row.title,
        classes=classes,
        concept_names=tuple(head.concept_names[at] for at in kept),
        class_given_concept=tuple(map(tuple, matrix.class_given_concept[kept].tolist())),
        concept_given_class=tuple(map(tuple, matrix.concept_given_class[:, kept].tolist())),
        n_concepts=len(head.concept_names),
        score=matrix.zero_training.balanced_accuracy,
        standard_error=matrix.zero_training.standard_error,
        log_expected_prediction=matrix.log_expected_prediction,
        says_nothing=matrix.says_nothing,
        shuffled_share=matrix.shuffled_share,
        image_size_px=passed.image_size_px,
        n_samples=len(samples),
        n_train=len(train),
        seconds=time.perf_counter() - started,
        created_at=utc_now(),
    )
    save_relation(workspace, relation)
    return relation


def why_not_related(model: str) -> str:
    """Why `relate_source` would refuse a backbone, one sentence; empty where it would not."""
    why = why_no_source_head(model)
    if not why and weights_status(model) == "download":
        return "Its weights are not on this machine yet; a training with it downloads them."
    return why


def _require_head(row: BackboneRow) -> SourceHead:
    why, head = why_no_source_head(row.id), load_source_head(row.id)
    if head is None:
        raise ConfigurationError(
            f"{row.title} cannot say what it takes your classes for. {why}",
            "Rank the backbones instead, or name one for images that was pretrained on ImageNet.",
        )
    return head


def _classes(
    matrix: TransferMatrix, labels: IntArray, class_names: tuple[str, ...], head: SourceHead
) -> tuple[ClassLikeness, ...]:
    counts = np.bincount(labels, minlength=len(class_names)).tolist()
    return tuple(
        ClassLikeness(
            class_name=name, n=n, concepts=top_concepts(matrix, label, head.concept_names, N_CONCEPTS) if n else ()
        )
        for label, (name, n) in enumerate(zip(class_names, counts, strict=True))
    )


def _kept(matrix: TransferMatrix, classes: tuple[ClassLikeness, ...]) -> list[int]:
    """Numbers of the concepts that some class is most taken for, class by class, each once."""
    present = [label for label, one in enumerate(classes) if one.n]
    return list(dict.fromkeys(at for label in present for at in likely_concepts(matrix, label, N_CONCEPTS)))
