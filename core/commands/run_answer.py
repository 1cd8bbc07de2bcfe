"""What a command about one run ends with."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from core.commands.parsing import Answer
from core.workflows.workspace import Workspace

if TYPE_CHECKING:
    from core.evaluation.records import Report, SplitReport
    from core.training.events import FirstEstimate


def run_answer(workspace: Workspace, run_id: str) -> Answer:
    """Settings, counts, numbers by split and seconds of a run; its error where it failed."""
    from core.workflows.show_run import show_run

    run = show_run(workspace, run_id)
    error = run.status.error
    if error:
        return {"error": {"code": error.code, "problem": error.problem, "remedy": error.remedy}}
    parts = {part.split: part for part in run.report.splits} if run.report else {}
    counted = parts.get("test") or parts.get("val")
    return {
        "run": run.id,
        "status": run.status.state,
        "model": run.spec.model,
        "strategy": run.spec.strategy,
        "reason": run.spec.reason,
        "frozen_stages": list(run.spec.frozen_stages),
        "parameters": _counts(run.parameters, ("total", "trainable")),
        "frozen": _counts(run.proof, ("n_tensors", "n_changed")),
        "metrics": {
            name: {
                "accuracy": part.accuracy.value,
                "macro_f1": part.macro_f1.value,
                "loss": part.loss,
                "n": part.n,
            }
            for name, part in parts.items()
        },
        "batches": run.batches or None,
        "warnings": list(run.report.warnings) if run.report else [],
        "calibration": {name: _calibration(part) for name, part in parts.items()},
        "separation": {name: _separation(part) for name, part in parts.items()},
        "baselines": {name: _accuracies(part) for name, part in parts.items()},
        "temperature": run.report.temperature.value if run.report and run.report.temperature else None,
        "decision": _decision(run.report),
        "kept": None if run.state_chosen is None else run.state_chosen.kept,
        "classes": list(run.class_names),
        "confusion_matrix": [list(row) for row in counted.confusion_matrix] if counted else [],
        "confusion_matrix_split": counted.split if counted else None,
        "first_estimate": _first_estimate(run.first_estimate),
        "seconds": {name: round(number, 3) for name, number in run.status.seconds},
    }


def _first_estimate(said: FirstEstimate | None) -> dict[str, float | int] | None:
    """Of the training samples, each left out once."""
    if said is None:
        return None
    return {"accuracy": said.accuracy, "macro_f1": said.macro_f1, "n": said.n, "elapsed_s": round(said.elapsed_s, 3)}


def _calibration(part: SplitReport) -> dict[str, float] | None:
    """How far probabilities can be believed, before and after scaling; None for a report of before."""
    found = part.calibration
    if found is None:
        return None
    return {
        "ece_before": found.before.ece,
        "ece": found.after.ece,
        "ece_by_chance": found.ece_by_chance,
        "log_loss_before": found.before.log_loss,
        "log_loss": found.after.log_loss,
        "brier_before": found.before.brier,
        "brier": found.after.brier,
    }


def _decision(report: Report | None) -> dict[str, Any] | None:
    """How it decides where that was to be tuned, and what that gave on validation; else None."""
    found = report.decision if report else None
    if report is None or found is None:
        return None
    return {
        "decides_at": {name: found.decides_at(label) for label, name in enumerate(report.class_names)},
        "macro_f1_before": found.macro_f1_before,
        "macro_f1": found.macro_f1,
        "why": found.why,
    }


def _separation(part: SplitReport) -> dict[str, float | None] | None:
    """Areas under the curves, means over the classes, and top-k accuracy; None for a report of before."""
    found = part.separation
    if found is None:
        return None
    return {
        "macro_auroc": found.macro_auroc.value if found.macro_auroc else None,
        "macro_average_precision": found.macro_average_precision.value if found.macro_average_precision else None,
        **{f"top_{top.k}_accuracy": top.accuracy.value for top in found.top},
    }


def _accuracies(part: SplitReport) -> dict[str, float]:
    """Of simpler ways on the same samples, as far as they were computed."""
    known: dict[str, float] = {one.name: one.accuracy.value for one in part.baselines if one.accuracy}
    return {"majority": part.majority_accuracy, **known}


def _counts(record: object, names: tuple[str, ...]) -> dict[str, int] | None:
    return None if record is None else {name: getattr(record, name) for name in names}
