"""What was asked about finished runs, kept in their folders, so that a page can show it again."""

from __future__ import annotations

from typing import Any

from core.evaluation.records import CurveBand, CurvePoint, Foretold, Interval, LearningCurve
from core.workflows.stored_answers import load_answer, save_answer
from core.workflows.workspace import Workspace

CURVE_VERSION = 1


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


def _foretold(stored: dict[str, Any] | None) -> Foretold | None:
    return None if stored is None else Foretold(**stored | {"score": Interval(**stored["score"])})
