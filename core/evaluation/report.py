"""Probabilities and labels in, the report of a split out."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from sklearn.metrics import confusion_matrix, f1_score, log_loss

from core.arrays import FloatArray, IntArray
from core.datasets.records import SplitName
from core.evaluation.intervals import class_f1_intervals, macro_f1_interval, wilson_interval
from core.evaluation.records import Baseline, Calibration, ClassReport, Interval, Report, SplitReport
from core.evaluation.separation import judge_separation
from core.evaluation.warnings import find_warnings
from core.training.decision import DecisionOffsets
from core.training.temperature import Temperature


def build_report(
    class_names: Sequence[str],
    splits: Sequence[SplitReport],
    *,
    temperature: Temperature | None = None,
    decision: DecisionOffsets | None = None,
) -> Report:
    """The report of a run from those of its splits, with the warnings a reader needs.

    Args:
        class_names: in label order.
        splits: their reports.
        temperature: what the logits were divided by; None where they were not.
        decision: offsets by which it was decided; None where the most probable class was.
    """
    return Report(
        class_names=tuple(class_names),
        splits=tuple(splits),
        warnings=find_warnings(splits),
        temperature=temperature,
        decision=decision,
    )


def build_split_report(
    split: SplitName,
    probs: FloatArray,
    labels: IntArray,
    class_names: Sequence[str],
    *,
    train_labels: IntArray,
    predictions: IntArray | None = None,
    calibration: Calibration | None = None,
    baselines: Sequence[Baseline] = (),
) -> SplitReport:
    """All numbers of one split.

    Args:
        split: which split the samples are from.
        probs: class probabilities, shape (n_samples, n_classes), each row sums to 1.
        labels: true classes, shape (n_samples,), integers in [0, n_classes).
        class_names: names in label order.
        train_labels: classes of the training samples, shape (n_train,); they say which class is the majority.
        predictions: predicted classes, shape (n_samples,). None: the most probable ones; they differ where decisions
            were tuned, or rounding made two probabilities equal.
        calibration: of the split.
        baselines: on the split.

    Raises:
        ValueError: there is no sample, the shapes disagree, or the probabilities are none.
    """
    _require_usable(probs, labels, len(class_names), train_labels)
    probs = probs.astype(np.float64)
    predictions = probs.argmax(axis=1) if predictions is None else predictions
    every = np.arange(len(class_names))
    support = np.bincount(labels, minlength=len(class_names))
    classes = _class_reports(labels, predictions, class_names)
    majority = int(np.bincount(train_labels, minlength=len(class_names)).argmax())
    return SplitReport(
        split=split,
        n=len(labels),
        accuracy=wilson_interval(int((predictions == labels).sum()), len(labels)),
        macro_f1=macro_f1_interval(labels, predictions, len(class_names)),
        micro_f1=float(f1_score(labels, predictions, labels=every, average="micro")),
        weighted_f1=float(f1_score(labels, predictions, labels=every, average="weighted", zero_division=0)),
        balanced_accuracy=float(np.mean([row.recall for row in classes if row.recall is not None])),
        loss=float(log_loss(labels, probs / probs.sum(axis=1, keepdims=True), labels=every)),
        majority_accuracy=float(support[majority] / len(labels)),
        majority_class=class_names[majority],
        classes=classes,
        confusion_matrix=tuple(
            tuple(int(count) for count in row) for row in confusion_matrix(labels, predictions, labels=every)
        ),
        calibration=calibration,
        baselines=tuple(baselines),
        separation=judge_separation(probs, labels, class_names),
    )


def _require_usable(probs: FloatArray, labels: IntArray, n_classes: int, train_labels: IntArray) -> None:
    """Raise ValueError where no report can be made of these arrays."""
    if len(labels) == 0:
        raise ValueError("A split report needs at least one sample.")
    if len(train_labels) == 0:
        raise ValueError("A split report needs the training labels for its baseline.")
    if probs.shape != (len(labels), n_classes):
        raise ValueError(f"probs must have shape {(len(labels), n_classes)}; found {probs.shape}.")
    if labels.min() < 0 or labels.max() >= n_classes:
        raise ValueError(f"labels must lie in [0, {n_classes}); found {labels.min()} to {labels.max()}.")
    if not np.isfinite(probs).all() or (probs < 0).any():
        raise ValueError("probs must be finite and not negative.")
    # A hundredth leaves room for sums of rounded float32 or bfloat16 values, not for logits.
    if not np.allclose(probs.sum(axis=1), 1.0, atol=0.01):
        raise ValueError("Each row of probs must sum to 1.")


def _class_reports(labels: IntArray, predictions: IntArray, class_names: Sequence[str]) -> tuple[ClassReport, ...]:
    """One row per class, in label order."""
    n_classes = len(class_names)
    hits = np.bincount(labels[labels == predictions], minlength=n_classes)
    support, n_predicted = np.bincount(labels, minlength=n_classes), np.bincount(predictions, minlength=n_classes)
    f1 = class_f1_intervals(labels, predictions, n_classes)
    return tuple(
        _class_report(name, int(hits[label]), int(support[label]), int(n_predicted[label]), f1[label])
        for label, name in enumerate(class_names)
    )


def _class_report(name: str, hits: int, support: int, n_predicted: int, f1: Interval) -> ClassReport:
    precision = wilson_interval(hits, n_predicted) if n_predicted else None
    recall = wilson_interval(hits, support) if support else None
    return ClassReport(
        class_name=name,
        precision=precision.value if precision else None,
        recall=recall.value if recall else None,
        f1=f1.value,
        support=support,
        n_predicted=n_predicted,
        precision_interval=precision,
        recall_interval=recall,
        f1_interval=f1,
    )
