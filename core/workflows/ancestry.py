"""Runs that begin where another one ended: whose network that is, and which samples it knows already."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from core.backbones.hub import own_folder
from core.backbones.own_rows import find_own_weights, read_learned
from core.datasets.records import Dataset
from core.evaluation.prediction_table import load_predictions
from core.evaluation.warnings import known_warnings
from core.runs.folder import RunFolder
from core.training.spec import TrainingSpec


def ancestor_of(model: str) -> str:
    """Id of the run that made a backbone; empty for one that no run made."""
    own = find_own_weights(model)
    return own.run_id if own else ""


def known_samples(model: str) -> frozenset[str]:
    """Ids of the samples that a backbone was trained on in runs."""
    return read_learned(own_folder(model)) if ancestor_of(model) else frozenset()


def ancestry_warnings(folder: RunFolder, spec: TrainingSpec) -> tuple[str, ...]:
    """What speaks against a run's numbers because of what its network knew before; the data need not be here."""
    known = known_samples(spec.model)
    if not known or not folder.predictions_path.exists():
        return ()
    judged = load_predictions(folder.predictions_path).sample_ids
    return known_warnings(_n_among(judged, known), len(judged), ancestor_of(spec.model))


def warn_before(model: str, dataset: Dataset) -> tuple[str, ...]:
    """The same before a training, for the data that it would learn from."""
    known = known_samples(model)
    judged = [dataset.sample_ids[row] for row in np.flatnonzero(dataset.splits != "train")]
    return known_warnings(_n_among(judged, known), len(judged), ancestor_of(model)) if known else ()


def _n_among(sample_ids: Sequence[str], known: frozenset[str]) -> int:
    return sum(sample_id in known for sample_id in sample_ids)
