"""What a run keeps of its training samples, so that it can tell later which inputs are unlike all of them."""

from __future__ import annotations

import numpy as np

from core.datasets.records import Dataset
from core.evaluation.novelty import MAX_KEPT, Novelty, fit_novelty, n_to_keep
from core.evaluation.ranking import nested_sample
from core.features.engine import Engine
from core.training.scoring import predict_features
from core.training.state import TrainingState
from core.training.training_data import TrainingData


def learn_novelty(dataset: Dataset, state: TrainingState, data: TrainingData, engine: Engine) -> Novelty | None:
    """From the features that the head reads now, of some training samples and of the validation samples.

    None where there are too few of the latter.
    """
    classifier, seed = state.classifier, state.spec.seed
    train, val = dataset.rows("train"), dataset.rows("val")
    train = train[np.sort(nested_sample(dataset.labels[train], n_to_keep(classifier.head.in_features), seed=seed))]
    val = val[np.sort(nested_sample(dataset.labels[val], MAX_KEPT, seed=seed))]
    return fit_novelty(
        *(predict_features(classifier, data.activations, rows, start=data.cut, engine=engine) for rows in (train, val))
    )
