"""The command line: `python -m core COMMAND ...`, the same workflows as the dashboard's."""

from __future__ import annotations

import argparse
import json
import logging
import signal
import sys
import threading
import types
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn

from core.datasets.records import Dataset
from core.errors import ConfigurationError, UserError
from core.evaluation.records import RankedBackbone
from core.settings import DEFAULT_SEED
from core.workflows.answers_in_words import (
    Answer,
    describe_dataset,
    describe_models,
    describe_predictions,
    describe_ranking,
    describe_run,
    describe_runs,
    describe_training,
)
from core.workflows.workspace import Workspace, open_workspace

if TYPE_CHECKING:
    from core.training.events import FirstEstimate
    from core.workflows.plan_run import RunPlan

EXIT_FAULT, EXIT_USER_ERROR, EXIT_INTERRUPTED = 1, 2, 130
REDRAW_INTERVAL_S = 0.5
BAR_WIDTH = 24


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command; returns the exit code: 0, 2 for a user error, 1 for a fault of ours, 130 if interrupted."""
    words = list(sys.argv[1:] if arguments is None else arguments)
    as_json = "--json" in words
    try:
        options = _build_parser().parse_args(words)
        answer: Answer = options.command(options)
    except UserError as error:
        _print_error(error.code, error.problem, error.remedy, as_json)
        return EXIT_USER_ERROR
    except Exception:  # the outermost border of this program: a fault of ours ends with its own exit code
        logging.getLogger(__name__).exception("This is a fault of the program")
        _print_error("fault", "The program ended through a fault of its own.", "The details are above.", as_json)
        return EXIT_FAULT
    return _finish(answer, options.describe, as_json)


def _finish(answer: Answer, describe: Any, as_json: bool) -> int:
    error = answer.get("error")
    if error:
        _print_error(error["code"], error["problem"], error["remedy"], as_json)
        return EXIT_FAULT if error["code"] == "fault" else EXIT_USER_ERROR
    print(json.dumps(answer, ensure_ascii=False) if as_json else describe(answer))
    return EXIT_INTERRUPTED if answer.get("status") == "interrupted" else 0


def _print_error(code: str, problem: str, remedy: str, as_json: bool) -> None:
    if as_json:
        print(json.dumps({"error": {"code": code, "problem": problem, "remedy": remedy}}, ensure_ascii=False))
    else:
        print(f"Error: {problem} {remedy}", file=sys.stderr)


class _Parser(argparse.ArgumentParser):
    """Reports wrong words as a user error, on one line."""

    def error(self, message: str) -> NoReturn:
        raise ConfigurationError(
            f"The command was not understood: {message}.", f"See: python -m core {self.prog.split()[-1]} --help."
        )


def _build_parser() -> argparse.ArgumentParser:
    common = _Parser(add_help=False)
    common.add_argument("--workspace", type=Path, help="folder that holds all work; default: workspace/")
    common.add_argument("--json", action="store_true", help="end with one JSON object on the last line")
    parser = _Parser(prog="python -m core", description="Transfer learning from the command line.")
    commands = parser.add_subparsers(required=True, metavar="COMMAND", parser_class=_Parser)

    def add(name: str, command: Any, describe: Any, text: str) -> argparse.ArgumentParser:
        sub = commands.add_parser(name, help=text, description=text, parents=[common])
        sub.set_defaults(command=command, describe=describe)
        return sub

    _add_data(add("inspect", _inspect, describe_dataset, "read labeled data and say what is in them"))
    models = add("models", _models, describe_models, "list the backbones")
    models.add_argument("--modality", choices=("image", "text"))
    rank = add("rank", _rank, describe_ranking, "say which of the backbones on this machine fits the data")
    _add_data(rank)
    rank.add_argument("--model", metavar="ID", action="append", help="rank this one; may be repeated; default: all")
    _add_training(add("train", _train, describe_training, "train on labeled data"))
    add("runs", _runs, describe_runs, "list the runs of the workspace")
    for name, command, text in (
        ("resume", _resume, "go on with an interrupted run"),
        ("show", _show, "show a run's numbers"),
    ):
        add(name, command, describe_run, text).add_argument("run", metavar="RUN")
    predict = add("predict", _predict, describe_predictions, "classify new inputs with a finished run")
    predict.add_argument("run", metavar="RUN")
    predict.add_argument("inputs", metavar="INPUT", nargs="+", help="files, or texts with --text")
    predict.add_argument("--text", action="store_true", help="the inputs are texts themselves")
    return parser


def _add_data(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("data", metavar="DATA", type=Path, help="a folder, a zip or a table")
    parser.add_argument("--test", metavar="DATA", type=Path, help="a separate test set of the same kind")
    parser.add_argument("--text-column", metavar="C")
    parser.add_argument("--label-column", metavar="C")


def _add_training(parser: argparse.ArgumentParser) -> None:
    _add_data(parser)
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
    parser.add_argument("--dry-run", action="store_true", help="only say how long it would take and what it needs")


def _inspect(options: argparse.Namespace) -> Answer:
    dataset = _import(options)
    return {
        "dataset": dataset.id,
        "modality": dataset.modality,
        "n_samples": dataset.n_samples,
        "classes": dataset.class_counts(),
        "splits": dataset.split_sizes(),
        "skipped": [{"file": item.file, "reason": item.reason} for item in dataset.skipped],
        "findings": [
            {"code": item.code, "severity": item.severity, "message": item.message, "n": item.n}
            for item in dataset.findings
        ],
    }


def _models(options: argparse.Namespace) -> Answer:
    from core.workflows.list_models import list_models  # brings torch; other commands should not wait for it

    return {
        "models": [
            {
                "id": info.row.id,
                "modality": info.row.modality,
                "family": info.row.family,
                "n_parameters": info.n_parameters,
                "stages": list(info.stage_names),
                "weights": info.weights,
            }
            for info in list_models(options.modality)
        ]
    }


def _rank(options: argparse.Namespace) -> Answer:
    from core.workflows.rank_backbones import rank_backbones

    dataset, bar = _import(options), _Bar()
    ranking = rank_backbones(_workspace(options), dataset, models=options.model or (), on_progress=bar.draw)
    bar.close()
    return {
        "dataset": dataset.id,
        "n_train": ranking.n_train,
        "seconds": round(ranking.seconds, 3),
        "ranking": [_ranked(one) for one in ranking.backbones],
        "not_ranked": [{"model": one.model, "reason": one.reason} for one in ranking.not_ranked],
    }


def _ranked(one: RankedBackbone) -> dict[str, Any]:
    return {
        "model": one.model,
        "score": one.score,
        "standard_error": one.standard_error,
        "seconds": round(one.seconds, 3),
        "tied": one.tied,
        "ms_per_sample": round(one.ms_per_sample, 3),
        "log_me": one.log_me,
        "knn": one.knn,
        "prior": one.prior,
        "n_samples": one.n_samples,
    }


def _train(options: argparse.Namespace) -> Answer:
    from core.training.settings import read_settings
    from core.workflows.plan_run import RunChoices, plan_run
    from core.workflows.train_run import create_run

    dataset = _import(options)
    named = {name: getattr(options, name) for name in ("epochs", "batch_size", "learning_rate", "seed")}
    settings = {name: value for name, value in named.items() if value is not None}
    choices = RunChoices(
        dataset_id=dataset.id,
        model=options.model,
        strategy=options.strategy,
        frozen_stages=None if options.freeze is None else tuple(options.freeze),
        freeze_until=options.freeze_until,
        settings=settings | read_settings(options.set),
    )
    workspace = _workspace(options)
    plan = plan_run(workspace, choices)
    if options.dry_run:
        return _estimate(workspace, plan)
    return _execute(workspace, create_run(workspace, plan.spec))


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
    return _execute(_workspace(options), options.run)


def _show(options: argparse.Namespace) -> Answer:
    return _run_answer(_workspace(options), options.run)


def _runs(options: argparse.Namespace) -> Answer:
    from core.workflows.show_run import list_runs

    return {
        "runs": [
            {
                "run": card.id,
                "status": card.status.state,
                "dataset": card.dataset_name,
                "model": card.model,
                "strategy": card.strategy,
                "accuracy": card.accuracy,
                "macro_f1": card.macro_f1,
                "created_at": card.status.created_at,
            }
            for card in list_runs(_workspace(options))
        ]
    }


def _predict(options: argparse.Namespace) -> Answer:
    from core.workflows.predict import predict_files, predict_texts

    predict = predict_texts if options.text else predict_files
    return {
        "predictions": [
            {
                "input": prediction.input,
                "label": prediction.label,
                "probability": prediction.probability,
                "probabilities": dict(prediction.probabilities),
            }
            for prediction in predict(_workspace(options), options.run, options.inputs)
        ]
    }


def _workspace(options: argparse.Namespace) -> Workspace:
    return open_workspace(options.workspace)


def _import(options: argparse.Namespace) -> Dataset:
    from core.workflows.inspect_dataset import inspect_dataset

    bar = _Bar()
    dataset = inspect_dataset(
        _workspace(options),
        options.data,
        test=options.test,
        text_column=options.text_column,
        label_column=options.label_column,
        on_progress=lambda done, of: bar.draw("Reading", done, of),
    )
    bar.close()
    return dataset


def _execute(workspace: Workspace, run_id: str) -> Answer:
    """Run in the foreground; the first Ctrl-C or SIGTERM interrupts so that `resume` can go on, the second kills."""
    from core.workflows.train_run import execute_run

    asked_to_end = threading.Event()

    def interrupt(number: int, _: types.FrameType | None) -> None:
        asked_to_end.set()
        signal.signal(number, signal.SIG_DFL)

    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, interrupt)
    with _watching(workspace, run_id):
        execute_run(workspace.root, run_id, should_stop=lambda: "shutdown" if asked_to_end.is_set() else None)
    return _run_answer(workspace, run_id)


def _run_answer(workspace: Workspace, run_id: str) -> Answer:
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


class _Bar:
    """One line of progress on standard error; a line per step where that is not a terminal."""

    def __init__(self) -> None:
        self._is_terminal = sys.stderr.isatty()
        self._last = ""

    def draw(self, step: str, done: int, of: int, rest: str = "") -> None:
        if self._is_terminal:
            filled = BAR_WIDTH * done // of if of else 0
            count = f" {done:,} of {of:,}" if of else ""
            bar = "#" * filled + "." * (BAR_WIDTH - filled)
            print(f"\r\x1b[K{bar} {step}{count}{rest}", end="", file=sys.stderr, flush=True)
        elif step and step != self._last:
            print(step, file=sys.stderr, flush=True)
        self._last = step

    def close(self) -> None:
        if self._is_terminal and self._last:
            print("\r\x1b[K", end="", file=sys.stderr, flush=True)


@contextmanager
def _watching(workspace: Workspace, run_id: str) -> Iterator[None]:
    """Draw the run's status while the block runs, read from disk as the dashboard reads it."""
    from core.workflows.show_run import read_status

    over = threading.Event()

    def watch() -> None:
        bar = _Bar()
        while not over.wait(REDRAW_INTERVAL_S):
            status = read_status(workspace, run_id)
            epochs = f", epoch {status.epoch} of {status.n_epochs}" if status.n_epochs else ""
            left = f", {status.eta_s:.0f} s left" if status.eta_s is not None else ""
            bar.draw(status.step, status.done, status.of, epochs + left)
        bar.close()

    thread = threading.Thread(target=watch, daemon=True)
    thread.start()
    try:
        yield
    finally:
        over.set()
        thread.join()


if __name__ == "__main__":
    sys.exit(main())
