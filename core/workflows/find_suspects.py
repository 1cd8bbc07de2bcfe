"""Which labels of a dataset are probably wrong: heads on frozen features, each asked only what it did not see."""

from __future__ import annotations

import time

import numpy as np

from core.backbones.catalogue import DEFAULT_BACKBONES, get_backbone
from core.backbones.weights import weights_status
from core.datasets.records import Dataset
from core.evaluation.label_quality import HeldOutProbs, find_suspects, held_out_probs
from core.runs.records import utc_now
from core.settings import DEFAULT_SEED
from core.workflows.pooled_features import PooledPass, Progress, require_modality
from core.workflows.stored_rankings import load_ranking
from core.workflows.stored_suspects import Suspect, SuspectList, save_suspects
from core.workflows.workspace import Workspace


def suspect_labels(
    workspace: Workspace, dataset: Dataset, *, model: str | None = None, on_progress: Progress = lambda *_: None
) -> SuspectList:
    """Judge the labels of all samples, whatever their split; the list is kept in the workspace.

    Nothing is downloaded, and no run learns from what is found. Features are computed once and found cached by runs
    with the same backbone.

    Args:
        workspace: where images, cache and measured numbers lie.
        dataset: as stored in the workspace.
        model: id of the backbone; None for the one that fits best, see `most_fitting_model`.
        on_progress: called with (step, done, of); may raise to end it.

    Raises:
        UnknownChoiceError, ConfigurationError: there is no such backbone, or it takes something else.
        MissingWeightsError: its weights are not on this machine.
    """
    started = time.perf_counter()
    row = get_backbone(model or most_fitting_model(workspace, dataset))
    require_modality(row, dataset)
    features = PooledPass(workspace, dataset, row, on_progress).features(np.arange(dataset.n_samples))
    on_progress("Choosing how strongly the heads are held back", 0, 0)
    _, contents = np.unique(dataset.sample_ids, return_inverse=True)
    held_out = held_out_probs(
        features,
        dataset.labels,
        contents,
        dataset.n_classes,
        seed=DEFAULT_SEED,
        on_part=lambda done, of: on_progress("Fitting heads to all but a part", done, of),
    )
    found = SuspectList(
        dataset_id=dataset.id,
        model=row.id,
        title=row.title,
        suspects=tuple(_suspect(dataset, held_out, at) for at in find_suspects(held_out, dataset.labels).tolist()),
        n_asked=int(held_out.is_asked.sum()),
        n_samples=dataset.n_samples,
        seconds=time.perf_counter() - started,
        created_at=utc_now(),
    )
    save_suspects(workspace, found)
    return found


def most_fitting_model(workspace: Workspace, dataset: Dataset) -> str:
    """The first of the last ranking for these data whose weights are here; else the one that ships."""
    ranking = load_ranking(workspace, dataset)
    ranked = [one.model for one in ranking.backbones] if ranking else []
    usable = (model for model in ranked if weights_status(model) != "download")
    return next(usable, DEFAULT_BACKBONES[dataset.modality])


def _suspect(dataset: Dataset, held_out: HeldOutProbs, row: int) -> Suspect:
    label, proposed = int(dataset.labels[row]), int(held_out.probs[row].argmax())
    return Suspect(
        sample_id=dataset.sample_ids[row],
        source=dataset.sources[row],
        split=dataset.splits[row].item(),
        given=dataset.class_names[label],
        proposed=dataset.class_names[proposed],
        p_given=float(held_out.probs[row, label]),
        p_proposed=float(held_out.probs[row, proposed]),
    )
