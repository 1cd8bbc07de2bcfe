"""What a trained classifier answers on the splits that were held out, and the report on that."""

from __future__ import annotations

import numpy as np
import torch

from core.datasets.records import Dataset, SplitName
from core.evaluation.prediction_table import PredictionTable
from core.evaluation.records import Report
from core.evaluation.report import build_report as join_reports
from core.evaluation.report import build_split_report
from core.features.engine import Engine
from core.training.loop import TrainingData, predict_logits
from core.training.state import TrainingState

REPORTED_SPLITS: tuple[SplitName, ...] = ("val", "test")


def predict_held_out(dataset: Dataset, state: TrainingState, data: TrainingData, engine: Engine) -> PredictionTable:
    """Probabilities for every validation and test sample, from the tensors the classifier holds now."""
    rows = np.concatenate([dataset.rows(split) for split in REPORTED_SPLITS])
    logits = predict_logits(state.classifier, data.activations, rows, start=data.cut, engine=engine)
    probs = torch.from_numpy(logits).softmax(dim=1).numpy()
    return PredictionTable(
        sample_ids=tuple(dataset.sample_ids[row] for row in rows),
        splits=dataset.splits[rows],
        labels=dataset.labels[rows],
        predictions=probs.argmax(axis=1),
        probs=probs,
        sources=tuple(dataset.sources[row] for row in rows),
    )


def build_run_report(dataset: Dataset, table: PredictionTable, seed: int) -> Report:
    """The report: validation, which chose the model, and test, opened here for the first time."""
    train_labels = dataset.labels[dataset.rows("train")]
    parts = [
        build_split_report(
            split,
            table.probs[table.rows(split)],
            table.labels[table.rows(split)],
            dataset.class_names,
            train_labels=train_labels,
            seed=seed,
        )
        for split in REPORTED_SPLITS
        if len(table.rows(split))
    ]
    return join_reports(dataset.class_names, parts)
