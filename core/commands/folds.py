"""The command that cross-validates a finished run."""

from __future__ import annotations

import argparse
from dataclasses import asdict

from core.commands.parsing import Answer, Commands, workspace_of
from core.commands.progress_bar import ProgressBar
from core.workflows.workspace import Workspace


def add_to(commands: Commands) -> None:
    """`cross-validate`."""
    parser = commands.add(
        "cross-validate", _cross_validate, describe_folds, "predict every sample once, by heads that did not see it"
    )
    parser.add_argument("run", metavar="RUN")
    parser.add_argument("--folds", type=int, metavar="K", help="from 2 to 20; default: 5")


def _cross_validate(options: argparse.Namespace) -> Answer:
    return {"run": options.run, **folds_answer(workspace_of(options), options.run, options.folds)}


def folds_answer(workspace: Workspace, run_id: str, n_folds: int | None) -> Answer:
    """Cross-validate a run with a bar; gives what is told of it."""
    from core.workflows.cross_validate import USUAL_FOLDS, cross_validate, folds_in_words

    bar = ProgressBar()
    found = cross_validate(workspace, run_id, n_folds=n_folds or USUAL_FOLDS, on_progress=bar.draw)
    bar.close()
    return {**asdict(found), "seconds": round(found.seconds, 3), "words": list(folds_in_words(found))}


def describe_folds(answer: Answer) -> str:
    """What was found and what it rests on."""
    return "\n".join([*answer["words"], f"It took {answer['seconds']:.1f} s."])
