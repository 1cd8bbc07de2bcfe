"""What a trained classifier answers on the splits that were held out, and the report on that."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from core.arrays import FloatArray, IntArray
from core.datasets.records import Dataset, SplitName
from core.evaluation.calibration import judge_calibration
from core.evaluation.prediction_table import PredictionTable
from core.evaluation.records import Calibration, Report
from core.evaluation.report import build_report as join_reports
from core.evaluation.report import build_split_report
from core.training.decision import DecisionOffsets, decide, scaled_log_probs, tune_offsets
from core.training.spec import TrainingSpec
from core.training.temperature import Temperature, cross_fitted_probs, fit_temperature, scaled_probs
from core.workflows.baselines import BaselineAnswers

REPORTED_SPLITS: tuple[SplitName, ...] = ("val", "test")


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class HeldOut:
    """What a classifier says about every validation and test sample.

    Attributes:
        rows: row of each in the dataset, shape (n_held_out,), validation first.
        logits: shape (n_held_out, n_classes), float32.
        temperature: fitted on the validation samples.
        offsets: by which it decides, tuned on them; None where the most probable class decides.
        decisions: the class of each sample, shape (n_held_out,); of validation samples by offsets that they had no say
            in, or their numbers would flatter it. None where the most probable class decides.
    """

    rows: IntArray
    logits: FloatArray
    temperature: Temperature
    offsets: DecisionOffsets | None = None
    decisions: IntArray | None = None


def held_out_rows(dataset: Dataset) -> IntArray:
    """The rows that are reported on, validation first."""
    return np.concatenate([dataset.rows(split) for split in REPORTED_SPLITS])


def judge_held_out(dataset: Dataset, logits: FloatArray, spec: TrainingSpec | None = None) -> HeldOut:
    """What a classifier says about the held-out samples, with a temperature fitted on those of validation.

    Args:
        dataset: the samples.
        logits: of `held_out_rows`, shape (n_held_out, n_classes).
        spec: of the run, which may ask for tuned decisions; None: the most probable class decides.
    """
    rows = held_out_rows(dataset)
    is_val = dataset.splits[rows] == "val"
    temperature = fit_temperature(logits[is_val], dataset.labels[rows[is_val]])
    held_out = HeldOut(rows=rows, logits=logits, temperature=temperature)
    if spec is None or spec.decision != "macro-f1":
        return held_out
    return tune_decisions(dataset, held_out, spec.seed)


def tune_decisions(dataset: Dataset, held_out: HeldOut, seed: int) -> HeldOut:
    """The same with decisions tuned for macro-F1."""
    log_probs = scaled_log_probs(held_out.logits, held_out.temperature.value)
    is_val = dataset.splits[held_out.rows] == "val"
    offsets, on_val = tune_offsets(log_probs[is_val], dataset.labels[held_out.rows[is_val]], seed=seed)
    decisions = decide(log_probs, offsets)
    decisions[is_val] = on_val
    return replace(held_out, offsets=offsets, decisions=decisions)


def tabulate(dataset: Dataset, held_out: HeldOut) -> PredictionTable:
    """The predictions as they are kept, with scaled probabilities."""
    rows = held_out.rows
    return PredictionTable(
        sample_ids=tuple(dataset.sample_ids[row] for row in rows),
        splits=dataset.splits[rows],
        labels=dataset.labels[rows],
        predictions=held_out.logits.argmax(axis=1) if held_out.decisions is None else held_out.decisions,
        probs=scaled_probs(held_out.logits, held_out.temperature.value),
        sources=tuple(dataset.sources[row] for row in rows),
    )


def judge_probabilities(dataset: Dataset, held_out: HeldOut, seed: int) -> dict[SplitName, Calibration]:
    """Before and after scaling, split by split; on validation, which fitted the temperature, cross-fitted."""
    found: dict[SplitName, Calibration] = {}
    for split in REPORTED_SPLITS:
        here = dataset.splits[held_out.rows] == split
        if here.any():
            logits, labels = held_out.logits[here], dataset.labels[held_out.rows[here]]
            found[split] = _judge(split, logits, labels, held_out.temperature, seed)
    return found


def build_run_report(
    dataset: Dataset,
    table: PredictionTable,
    *,
    temperature: Temperature | None = None,
    calibrations: Mapping[SplitName, Calibration] | None = None,
    baselines: Sequence[BaselineAnswers] = (),
    decision: DecisionOffsets | None = None,
) -> Report:
    """The report: validation, which chose the model, and test, opened here for the first time.

    Args:
        dataset: the samples.
        table: the predictions.
        temperature: what the logits were divided by; None where they were not.
        calibrations: by split, see `judge_probabilities`.
        baselines: answers to the samples of the table, in its order.
        decision: offsets by which the table's predictions were decided; None where the most probable class was.
    """
    train_labels = dataset.labels[dataset.rows("train")]
    parts = []
    for split in REPORTED_SPLITS:
        places = table.rows(split)
        if not len(places):
            continue
        labels = table.labels[places]
        part = build_split_report(
            split,
            table.probs[places],
            labels,
            dataset.class_names,
            train_labels=train_labels,
            predictions=table.predictions[places],
            calibration=(calibrations or {}).get(split),
            baselines=[asked.on(places, labels) for asked in baselines],
        )
        parts.append(part)
    return join_reports(dataset.class_names, parts, temperature=temperature, decision=decision)


def _judge(split: SplitName, logits: FloatArray, labels: IntArray, temperature: Temperature, seed: int) -> Calibration:
    before = scaled_probs(logits, 1.0)
    if temperature.why:
        return judge_calibration(before, before, labels, how="unscaled", seed=seed)
    if split == "val":
        after = cross_fitted_probs(logits, labels, seed=seed)
        return judge_calibration(before, after, labels, how="cross-fitted", seed=seed)
    return judge_calibration(before, scaled_probs(logits, temperature.value), labels, how="held-out", seed=seed)
