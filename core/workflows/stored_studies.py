"""What was asked about finished runs, kept in their folders, so that a page can show it again."""

from __future__ import annotations

from typing import Any

from core.evaluation.records import (
    CrossValidation,
    CurveBand,
    CurvePoint,
    Drift,
    Foretold,
    Interval,
    LearningCurve,
    StageDrift,
)
from core.workflows.stored_answers import load_answer, save_answer
from core.workflows.workspace import Workspace

CURVE_VERSION = DRIFT_VERSION = FOLDS_VERSION = 1


def save_curve(workspace: Workspace, run_id: str, curve: LearningCurve) -> None:
    """Keep the learning curve of a run in the place of the last one."""
    save_answer(workspace.runs.get(run_id).study_path("learning-curve"), curve, version=CURVE_VERSION)


def load_curve(workspace: Workspace, run_id: str) -> LearningCurve | None:
    """The last learning curve of a run; None where there is none, or one of another version."""
    stored = load_answer(workspace.runs.get(run_id).study_path("learning-curve"), version=CURVE_VERSION)
    if stored is None:
        return None
    points = tuple(CurvePoint(**one | {"scores": tuple(one["scores"])}) for one in stored.pop("points"))
    band = tuple(CurveBand(n_train=one["n_train"], score=Interval(**one["score"])) for one in stored.pop("band"))
    gain, foretold = Interval(**stored.pop("gain")), _foretold(stored.pop("foretold"))
    return LearningCurve(points=points, band=band, gain=gain, foretold=foretold, **stored)


def save_drift(workspace: Workspace, run_id: str, drift: Drift) -> None:
    """Keep how far a run's stages went in the place of what was measured last."""
    save_answer(workspace.runs.get(run_id).study_path("drift"), drift, version=DRIFT_VERSION)


def load_drift(workspace: Workspace, run_id: str) -> Drift | None:
    """What was measured last; None where nothing was, by another version, or before the run was resumed and ended."""
    folder = workspace.runs.get(run_id)
    stored = load_answer(folder.study_path("drift"), version=DRIFT_VERSION)
    if stored is None or stored["created_at"] < folder.read_status().ended_at:
        return None
    return Drift(stages=tuple(StageDrift(**one) for one in stored.pop("stages")), **stored)


def save_folds(workspace: Workspace, run_id: str, found: CrossValidation) -> None:
    """Keep the cross-validation of a run in the place of the last one."""
    save_answer(workspace.runs.get(run_id).study_path("folds"), found, version=FOLDS_VERSION)


def load_folds(workspace: Workspace, run_id: str) -> CrossValidation | None:
    """The last cross-validation of a run; None where there is none, or one of another version."""
    stored = load_answer(workspace.runs.get(run_id).study_path("folds"), version=FOLDS_VERSION)
    if stored is None:
        return None
    accuracy, macro_f1 = Interval(**stored.pop("accuracy")), Interval(**stored.pop("macro_f1"))
    folds = tuple(stored.pop("fold_accuracies"))
    return CrossValidation(accuracy=accuracy, macro_f1=macro_f1, fold_accuracies=folds, **stored)


def _foretold(stored: dict[str, Any] | None) -> Foretold | None:
    return None if stored is None else Foretold(**stored | {"score": Interval(**stored["score"])})
