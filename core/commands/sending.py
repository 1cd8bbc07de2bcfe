"""Commands that send a run elsewhere, to a place that is named: `push`, `log`."""

from __future__ import annotations

import argparse
from dataclasses import asdict
from pathlib import Path

from core.commands.parsing import Answer, Commands, workspace_of
from core.commands.progress_bar import ProgressBar
from core.errors import ConfigurationError


def add_to(commands: Commands) -> None:
    """`push` and `log`."""
    push = commands.add("push", _push, _describe_push, "send a run's model to a Hugging Face repository")
    push.add_argument("run", metavar="RUN")
    push.add_argument("repository", metavar="OWNER/NAME")
    push.add_argument("--format", metavar="F", help="as `export`; else what the Hub shows best")
    push.add_argument(
        "--public",
        action="store_true",
        help="everybody may see it; otherwise a new repository is private, and a public one gets nothing",
    )
    log = commands.add("log", _log, _describe_log, "write a run to MLflow or TensorBoard (requirements-logging.txt)")
    log.add_argument("run", metavar="RUN")
    log.add_argument("--mlflow", metavar="URI", help="address of a tracking server")
    log.add_argument("--tensorboard", metavar="DIR", type=Path, help="the folder that TensorBoard is started on")


def _push(options: argparse.Namespace) -> Answer:
    from core.workflows.push_model import push_model

    bar = ProgressBar()
    pushed = push_model(
        workspace_of(options),
        options.run,
        options.repository,
        format_id=options.format,
        private=not options.public,
        on_progress=bar.draw,
    )
    bar.close()
    return asdict(pushed)


def _describe_push(answer: Answer) -> str:
    seen = "Only you can see it" if answer["private"] else "Everybody can see it"
    return f"{answer['url']}: {', '.join(answer['files'])}, {answer['megabytes']} MB. {seen}."


def _log(options: argparse.Namespace) -> Answer:
    from core.workflows.log_run import log_to_mlflow, log_to_tensorboard

    if options.mlflow is None and options.tensorboard is None:
        raise ConfigurationError("There is no place to log to.", "Add --mlflow URI or --tensorboard DIR.")
    workspace, logged = workspace_of(options), []
    if options.mlflow is not None:
        logged.append(log_to_mlflow(workspace, options.run, options.mlflow))
    if options.tensorboard is not None:
        logged.append(log_to_tensorboard(workspace, options.run, options.tensorboard))
    return {"run": options.run, "logged": [asdict(one) for one in logged]}


def _describe_log(answer: Answer) -> str:
    return "\n".join(f"{one['place']}: {one['n_metrics']} numbers under {one['name']}" for one in answer["logged"])
