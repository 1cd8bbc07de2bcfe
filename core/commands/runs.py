"""Commands about runs: train, resume, show, list, reject, predict, delete."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING

from core.commands.folds import folds_answer
from core.commands.foreground import Foreground
from core.commands.parsing import Answer, Commands, add_data_options, choices_of, import_data, workspace_of
from core.commands.progress_bar import ProgressBar
from core.commands.run_answer import run_answer
from core.commands.words import (
    describe_deleted_run,
    describe_predictions,
    describe_rejection,
    describe_run,
    describe_runs,
    describe_training,
)
from core.errors import ConfigurationError
from core.settings import DEFAULT_SEED
from core.workflows.workspace import Workspace

if TYPE_CHECKING:
    from core.evaluation.records import CoveragePoint
    from core.workflows.plan_run import RunPlan


def add_to(commands: Commands) -> None:
    """`train`, `runs`, `resume`, `show`, `reject`, `predict` and `delete-run`."""
    _add_training_options(commands.add("train", _train, describe_training, "train on labeled data"))
    commands.add("runs", _runs, describe_runs, "list the runs of the workspace")
    for name, command, text in (
        ("resume", _resume, "go on with an interrupted run"),
        ("show", _show, "show a run's numbers"),
    ):
        commands.add(name, command, describe_run, text).add_argument("run", metavar="RUN")
    reject = commands.add(
        "reject", _reject, describe_rejection, "let a run say that it does not know where it is not sure enough"
    )
    reject.add_argument("run", metavar="RUN")
    reject.add_argument(
        "precision", metavar="PRECISION", help='share of its answers that shall be right, such as 0.95; or "off"'
    )
    predict = commands.add("predict", _predict, describe_predictions, "classify new inputs with a finished run")
    predict.add_argument("run", metavar="RUN")
    predict.add_argument("inputs", metavar="INPUT", nargs="+", help="files, or texts with --text")
    predict.add_argument("--text", action="store_true", help="the inputs are texts themselves")
    predict.add_argument(
        "--out", metavar="FILE", type=Path, help="score one file, folder, zip or table into CSV or Parquet"
    )
    predict.add_argument("--text-column", metavar="C", help="of a table to score; default: guessed")
    predict.add_argument(
        "--fastest",
        action="store_true",
        help="score in the precision that this machine computes fastest; answers are a little less exact",
    )
    delete = commands.add("delete-run", _delete, describe_deleted_run, "delete a run for good")
    delete.add_argument("run", metavar="RUN")


def _add_training_options(parser: argparse.ArgumentParser) -> None:
    add_data_options(parser)
    parser.add_argument("--model", metavar="ID", help="see the command models; default: as suggested")
    parser.add_argument("--strategy", metavar="NAME", help="default: as suggested")
    parser.add_argument("--freeze-until", metavar="STAGE", help="freeze all stages up to this one, this one included")
    parser.add_argument("--freeze", metavar="STAGE", action="append", help="freeze this stage; may be repeated")
    parser.add_argument("--epochs", type=int, metavar="N")
    parser.add_argument("--batch-size", type=int, metavar="N")
    parser.add_argument("--learning-rate", type=float, metavar="X")
    parser.add_argument("--seed", type=int, metavar="N", default=DEFAULT_SEED)
    parser.add_argument(
        "--set", metavar="NAME=VALUE", action="append", default=[], help="any other setting; may be repeated"
    )
    parser.add_argument(
        "--folds", type=int, metavar="K", help="then predict every sample once, by K heads that did not see it"
    )
    parser.add_argument("--dry-run", action="store_true", help="only say how long it would take and what it needs")


def _train(options: argparse.Namespace) -> Answer:
    from core.workflows.own_networks import fetch_network
    from core.workflows.plan_run import plan_run
    from core.workflows.train_run import create_run

    if options.model:
        fetch_network(options.model)  # typed just now, so what describes it may be fetched
    dataset = import_data(options)
    workspace = workspace_of(options)
    plan = plan_run(workspace, choices_of(options, dataset, ("epochs", "batch_size", "learning_rate", "seed")))
    if options.folds is not None:
        _require_foldable(plan, options.folds)
    if options.dry_run:
        return _estimate(workspace, plan)
    answer = _execute(workspace, create_run(workspace, plan.spec))
    if options.folds is not None and answer.get("status") == "finished":
        answer["cross_validation"] = folds_answer(workspace, answer["run"], options.folds)
    return answer


def _require_foldable(plan: RunPlan, n_folds: int) -> None:
    """Before the training, not after it."""
    from core.workflows.cross_validate import require_folds, why_no_folds

    require_folds(n_folds)
    if why := why_no_folds(plan.spec.strategy):
        raise ConfigurationError(why, "Add --strategy feature-extraction or multi-stage-probe, or leave --folds away.")


def _estimate(workspace: Workspace, plan: RunPlan) -> Answer:
    from core.workflows.estimate_run import estimate_run

    found = estimate_run(workspace, plan)
    return {
        "estimate": {
            "seconds": round(found.seconds, 3),
            "memory_mb": round(found.memory_mb, 1),
            "disk_mb": round(found.disk_mb, 1),
            "per_phase": [{"name": phase.name, "seconds": round(phase.seconds, 3)} for phase in found.phases],
        },
        "engine": found.engine,
        "model": plan.spec.model,
        "strategy": plan.spec.strategy,
        "frozen_stages": list(plan.spec.frozen_stages),
    }


def _resume(options: argparse.Namespace) -> Answer:
    return _execute(workspace_of(options), options.run)


def _show(options: argparse.Namespace) -> Answer:
    return run_answer(workspace_of(options), options.run)


def _runs(options: argparse.Namespace) -> Answer:
    from core.workflows.show_run import list_runs

    return {
        "runs": [
            {
                "run": card.id,
                "status": card.status.state,
                "dataset": card.dataset_name,
                "model": card.spec.model,
                "strategy": card.spec.strategy,
                "accuracy": card.accuracy,
                "macro_f1": card.macro_f1,
                "created_at": card.status.created_at,
            }
            for card in list_runs(workspace_of(options))
        ]
    }


def _delete(options: argparse.Namespace) -> Answer:
    from core.workflows.delete_run import delete_run

    delete_run(workspace_of(options), options.run)
    return {"deleted": options.run}


def _reject(options: argparse.Namespace) -> Answer:
    from core.workflows.rejecting import forget_rejection, set_rejection

    workspace = workspace_of(options)
    if options.precision == "off":
        forget_rejection(workspace, options.run)
        return {"run": options.run, "precision": None, "threshold": None, "why": "", "val": None, "test": None}
    found = set_rejection(workspace, options.run, _share(options.precision))
    return {
        "run": options.run,
        "precision": found.precision,
        "threshold": found.threshold,
        "why": found.why,
        **{name: _coverage(getattr(found, name)) for name in ("val", "test")},
    }


def _share(text: str) -> float:
    try:
        return float(text)
    except ValueError:
        raise ConfigurationError(f'A precision is a number; found "{text}".', "Write 0.95, or off.") from None


def _coverage(point: CoveragePoint | None) -> dict[str, float] | None:
    return None if point is None else {"coverage": point.coverage, "accuracy": point.accuracy.value}


def _predict(options: argparse.Namespace) -> Answer:
    if options.out is not None:
        return _score(options)
    if options.fastest:
        raise ConfigurationError(
            "--fastest is for scoring many inputs into a file.", "Name one with --out, or leave it away."
        )
    from core.workflows.predict import predict_files, predict_texts

    predict = predict_texts if options.text else predict_files
    return {
        "predictions": [
            {
                "input": prediction.input,
                "label": prediction.label,
                "probability": prediction.probability,
                "probabilities": dict(prediction.probabilities),
                "rejected": prediction.rejected,
                "reason": prediction.reason,
                "further_than": prediction.further_than,
                "unlike_training": None if prediction.further_than is None else prediction.is_unlike,
            }
            for prediction in predict(workspace_of(options), options.run, options.inputs)
        ]
    }


def _score(options: argparse.Namespace) -> Answer:
    from core.workflows.score_inputs import score_path

    if options.text or len(options.inputs) != 1:
        raise ConfigurationError(
            "With --out one file, folder or zip is scored.", "Name just one INPUT, and leave --text away."
        )
    bar = ProgressBar()
    done = score_path(
        workspace_of(options),
        options.run,
        Path(options.inputs[0]),
        options.out,
        text_column=options.text_column,
        precision="fastest" if options.fastest else "float32",
        on_progress=bar.draw,
    )
    bar.close()
    return {
        "file": str(options.out),
        "n_scored": done.n_scored,
        "n_skipped": done.n_skipped,
        "seconds": round(done.seconds or 0.0, 3),
    }


def _execute(workspace: Workspace, run_id: str) -> Answer:
    """Run in the foreground; interrupted, `resume` can go on with it."""
    Foreground().execute(workspace, run_id)
    return run_answer(workspace, run_id)
