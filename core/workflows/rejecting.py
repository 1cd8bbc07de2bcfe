"""Choosing from which probability on a finished run answers; the choice stays with the run."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, replace
from typing import Any

import numpy as np

from core.arrays import BoolArray, FloatArray
from core.datasets.records import SplitName
from core.errors import ConfigurationError
from core.evaluation.prediction_table import PredictionTable, load_predictions
from core.evaluation.records import CoveragePoint, Interval, Rejection
from core.evaluation.rejection import PRECISIONS, choose_rejection, outcome
from core.runs.folder import RunFolder
from core.workflows.workspace import Workspace

__all__ = ["PRECISIONS", "find_rejection", "forget_rejection", "read_rejection", "renew_rejection", "set_rejection"]


def set_rejection(workspace: Workspace, run_id: str, precision: float) -> Rejection:
    """Let a run answer only where that share of its answers is right, as far as its validation samples tell.

    Args:
        workspace: where the run lies.
        run_id: a run with a report.
        precision: wanted share of right answers, in (0, 1).

    Raises:
        UnknownChoiceError: there is no such run.
        ConfigurationError: the precision is no share, or the run has no predictions yet.
        RunFolderError: another process works on the run.
    """
    if not 0 < precision < 1:
        raise ConfigurationError(
            f"A precision lies between 0 and 1; found {precision:g}.", "Write 0.95 for 95 % of the answers."
        )
    folder = workspace.runs.get(run_id)
    if not folder.predictions_path.is_file():
        raise ConfigurationError(f"Run {run_id} has no predictions yet.", "Choose a finished run, or resume this one.")
    with folder.claim():
        found = _weigh(load_predictions(folder.predictions_path), precision)
        folder.write_json("rejection", asdict(found))
    return found


def forget_rejection(workspace: Workspace, run_id: str) -> None:
    """Let a run answer everything again; errors as `set_rejection`."""
    folder = workspace.runs.get(run_id)
    with folder.claim():
        folder.write_json("rejection", {})


def find_rejection(workspace: Workspace, run_id: str) -> Rejection | None:
    """What was chosen for a run, None where nothing was; raises UnknownChoiceError where there is no such run."""
    return read_rejection(workspace.runs.get(run_id))


def read_rejection(folder: RunFolder) -> Rejection | None:
    """What was chosen for a run; None where nothing was, so that it answers everything."""
    stored = folder.read_json("rejection")
    if not stored:
        return None
    points = {split: _point_from_json(stored[split]) for split in ("val", "test")}
    return Rejection(**{**stored, **points})


def renew_rejection(folder: RunFolder, table: PredictionTable) -> None:
    """Choose the threshold anew for what a resumed run predicts now; whoever calls it holds the run."""
    chosen = read_rejection(folder)
    if chosen is not None:
        folder.write_json("rejection", asdict(_weigh(table, chosen.precision)))


def _weigh(table: PredictionTable, precision: float) -> Rejection:
    found = choose_rejection(*_answers(table, "val"), precision)
    confidences, hits = _answers(table, "test")
    if found.threshold is None or not len(hits):
        return found
    return replace(found, test=outcome(confidences, hits, threshold=found.threshold))


def _answers(table: PredictionTable, split: SplitName) -> tuple[FloatArray, BoolArray]:
    """The probability of each answer on a split, and whether it is right."""
    rows = table.rows(split)
    said = table.predictions[rows]
    return table.probs[rows][np.arange(len(rows)), said], said == table.labels[rows]


def _point_from_json(values: Mapping[str, Any] | None) -> CoveragePoint | None:
    return None if values is None else CoveragePoint(**{**values, "accuracy": Interval(**values["accuracy"])})
