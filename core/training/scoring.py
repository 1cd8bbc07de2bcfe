"""How a classifier does on rows: logits, scores, and what each class counts while it learns."""

from __future__ import annotations

import time
from collections.abc import Callable

import numpy as np
import torch
from sklearn.metrics import f1_score
from torch.nn import functional

from core.arrays import FloatArray, IntArray
from core.features.engine import Engine
from core.features.sources import BatchSource
from core.training.classifier import Classifier
from core.training.events import EpochDone
from core.training.policies import Score
from core.training.probe import balanced_weights
from core.training.state import TrainingState
from core.training.training_data import TrainingData

EVALUATION_BATCH_SIZE = 64


def predict_logits(
    classifier: Classifier, source: BatchSource, rows: IntArray, *, start: int, engine: Engine
) -> FloatArray:
    """Logits of rows, shape (len(rows), n_classes), float32, from what enters stage number `start`."""
    return _evaluate(classifier, classifier, classifier.head.out_features, source, rows, start, engine)


def predict_features(
    classifier: Classifier, source: BatchSource, rows: IntArray, *, start: int, engine: Engine
) -> FloatArray:
    """What the head reads of rows, shape (len(rows), n_features), float32, from what enters stage number `start`."""
    return _evaluate(classifier, classifier.read, classifier.head.in_features, source, rows, start, engine)


def _evaluate(
    classifier: Classifier,
    ask: Callable[..., torch.Tensor],
    width: int,
    source: BatchSource,
    rows: IntArray,
    start: int,
    engine: Engine,
) -> FloatArray:
    """What `ask` gives for rows, shape (len(rows), width); texts of similar length share a batch."""
    classifier.eval()
    found = np.empty((len(rows), width), dtype=np.float32)
    order = np.arange(len(rows)) if source.lengths is None else np.argsort(source.lengths[rows], kind="stable")
    precision = engine.trained if start < len(classifier.backbone.stage_names) else "float32"
    for begin in range(0, len(rows), EVALUATION_BATCH_SIZE):
        part = order[begin : begin + EVALUATION_BATCH_SIZE]
        with torch.inference_mode(), engine.autocast(precision):
            batch = source.batch(rows[part]).to(torch.device(engine.device))
            found[part] = ask(batch.values, batch.mask, start=start).float().cpu().numpy()
    return found


def score(logits: FloatArray, labels: IntArray) -> Score:
    """Macro-F1 and log loss of logits, shape (n_samples, n_classes), on labels, shape (n_samples,)."""
    loss = functional.cross_entropy(torch.from_numpy(logits).float(), torch.from_numpy(labels.astype(np.int64)))
    macro_f1 = f1_score(labels, logits.argmax(axis=1), average="macro", zero_division=0.0)
    return Score(macro_f1=float(macro_f1), loss=float(loss))


def accuracy_of(logits: FloatArray, labels: IntArray) -> float:
    """Share of samples whose highest logit is that of their label, in [0, 1]."""
    return float((logits.argmax(axis=1) == labels).mean())


def class_weights_of(state: TrainingState, data: TrainingData) -> FloatArray:
    """A solver sees every sample at once, so that there drawing classes alike is weighing them alike."""
    n_classes = state.classifier.head.out_features
    if state.spec.class_weights in ("balanced", "balanced-sampling"):
        return balanced_weights(data.labels[data.train_rows], n_classes)
    return np.ones(n_classes, dtype=np.float32)


def class_advantages_of(state: TrainingState, data: TrainingData) -> FloatArray:
    """What is added to the scores while learning: log of each class's share (Menon et al. 2021), or nothing."""
    n_classes = state.classifier.head.out_features
    if state.spec.class_weights != "logit-adjustment":
        return np.zeros(n_classes, dtype=np.float32)
    counts = np.bincount(data.labels[data.train_rows], minlength=n_classes)
    advantages: FloatArray = np.log(np.maximum(counts, 1) / counts.sum()).astype(np.float32)
    return advantages


def epoch_done(
    state: TrainingState, train: Score, val: Score, val_accuracy: float, rate: float, is_best: bool, started: float
) -> EpochDone:
    """The event that tells of the epoch which began at `started`, seconds of `time.perf_counter`."""
    return EpochDone(
        phase=state.phase_index,
        epoch=state.epoch,
        train_loss=train.loss,
        train_macro_f1=train.macro_f1,
        val_loss=val.loss,
        val_macro_f1=val.macro_f1,
        val_accuracy=val_accuracy,
        learning_rate=rate,
        is_best=is_best,
        elapsed_s=time.perf_counter() - started,
    )
