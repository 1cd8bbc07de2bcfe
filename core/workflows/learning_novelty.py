"""What a run keeps of its training samples, so that it can tell later which inputs are unlike all of them."""

from __future__ import annotations

import numpy as np

from core.arrays import FloatArray
from core.datasets.records import Dataset
from core.evaluation.novelty import MAX_KEPT, Novelty, fit_novelty, n_to_keep
from core.evaluation.ranking import nested_sample
from core.features.engine import Engine
from core.training.scoring import predict_features
from core.training.state import TrainingState
from core.training.training_data import TrainingData


def learn_novelty(
    dataset: Dataset, state: TrainingState, data: TrainingData, engine: Engine, val_features: FloatArray
) -> Novelty | None:
    """From the features that the head reads now, of some training samples and of the validation samples.

    None where there are too few of the latter.

    Args:
        dataset: the samples.
        state: the training, at its end.
        data: what it learned from.
        engine: that it ran on.
        val_features: of the validation samples, shape (n_val, n_features), computed as those of new inputs will be.
    """
    classifier, seed = state.classifier, state.spec.seed
    train, val = dataset.rows("train"), dataset.rows("val")
    train = train[np.sort(nested_sample(dataset.labels[train], n_to_keep(classifier.head.in_features), seed=seed))]
    asked = np.sort(nested_sample(dataset.labels[val], MAX_KEPT, seed=seed))
    kept = predict_features(classifier, data.activations, train, start=data.cut, engine=engine)
    return fit_novelty(kept, val_features[asked])
