"""The simpler ways that a run's numbers stand beside, on the samples of its report."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import torch

from core.arrays import IntArray
from core.datasets.records import Dataset
from core.evaluation.baselines import MAX_TRAIN, NotComputed, nearest_neighbours, score_baseline, words_counted
from core.evaluation.ranking import nested_sample
from core.evaluation.records import Baseline, BaselineName
from core.training.state import TrainingState
from core.training.training_data import TrainingData


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class BaselineAnswers:
    """What one baseline answers to all held-out samples, or why it does not.

    Attributes:
        name: which one.
        predictions: shape (n_held_out,); None where it was not computed.
        n_train: training samples it learned from.
        seconds: that it took.
        why: why it was not computed; empty where it was.
    """

    name: BaselineName
    predictions: IntArray | None = None
    n_train: int = 0
    seconds: float = 0.0
    why: str = ""

    def on(self, places: IntArray, labels: IntArray) -> Baseline:
        """The row of a split: its places among the held-out samples, and their labels."""
        if self.predictions is None:
            return Baseline(name=self.name, why=self.why)
        found = self.predictions[places]
        return score_baseline(self.name, labels, found, n_train=self.n_train, seconds=self.seconds)


def ask_baselines(
    dataset: Dataset, state: TrainingState, data: TrainingData, rows: IntArray
) -> tuple[BaselineAnswers, ...]:
    """The answers of every baseline there is for a run.

    Args:
        dataset: the samples.
        state: the training, at its end.
        data: what it learned from; its pooled features are those of the network before any stage trained.
        rows: rows of the held-out samples, shape (n_held_out,).
    """
    train = dataset.rows("train")
    train = train[np.sort(nested_sample(dataset.labels[train], MAX_TRAIN, seed=state.spec.seed))]
    return (
        *_probe(state, data, rows),
        _neighbours(data, dataset.labels, train, rows),
        *([_words(dataset, train, rows)] if dataset.modality == "text" else []),
    )


def _probe(state: TrainingState, data: TrainingData, rows: IntArray) -> list[BaselineAnswers]:
    """The fitted head of a run that went on to train stages; a run that trained none is that head itself."""
    if not state.trained_stages:
        return []
    if data.pooled is None or not state.fitted_tensors:
        why = "this strategy fits no head to frozen features; a run with Feature extraction on the same data does"
        return [BaselineAnswers(name="probe", why=why)]
    weight, bias = state.fitted_tensors["head.weight"], state.fitted_tensors["head.bias"]
    logits = torch.addmm(bias, torch.from_numpy(data.pooled[rows]), weight.T)
    return [BaselineAnswers(name="probe", predictions=logits.argmax(dim=1).numpy(), n_train=len(data.train_rows))]


def _neighbours(data: TrainingData, labels: IntArray, train: IntArray, rows: IntArray) -> BaselineAnswers:
    pooled = data.pooled
    if pooled is None:
        return BaselineAnswers(
            name="nearest-neighbours", why="this strategy computes no features of the frozen network"
        )
    return _timed("nearest-neighbours", lambda: nearest_neighbours(pooled[train], labels[train], pooled[rows]), train)


def _words(dataset: Dataset, train: IntArray, rows: IntArray) -> BaselineAnswers:
    texts, asked = [dataset.texts[row] for row in train], [dataset.texts[row] for row in rows]
    return _timed("tf-idf", lambda: words_counted(texts, dataset.labels[train], asked), train)


def _timed(name: BaselineName, ask: Callable[[], IntArray], train: IntArray) -> BaselineAnswers:
    started = time.perf_counter()
    try:
        predictions = ask()
    except NotComputed as refusal:
        return BaselineAnswers(name=name, why=str(refusal))
    seconds = time.perf_counter() - started
    return BaselineAnswers(name=name, predictions=predictions, n_train=len(train), seconds=seconds)
