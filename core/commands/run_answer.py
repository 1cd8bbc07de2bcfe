"""What a command about one run ends with."""

from __future__ import annotations

from typing import TYPE_CHECKING

from core.commands.parsing import Answer
from core.workflows.workspace import Workspace

if TYPE_CHECKING:
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


def _counts(record: object, names: tuple[str, ...]) -> dict[str, int] | None:
    return None if record is None else {name: getattr(record, name) for name in names}
