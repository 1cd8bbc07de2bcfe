"""The command about learning rates."""

from __future__ import annotations

import argparse
from dataclasses import asdict

from core.commands.parsing import Answer, Commands, add_data_options, choices_of, import_data, workspace_of
from core.commands.progress_bar import ProgressBar

DEFAULT_STRATEGY = "head-then-fine-tune"
"""Also where a fitted head would be suggested: that takes no steps."""


def add_to(commands: Commands) -> None:
    """`find-rate`."""
    parser = commands.add(
        "find-rate", _find_rate, describe_rates, "try ever larger learning rates and say where the loss falls fastest"
    )
    add_data_options(parser)
    parser.add_argument("--model", metavar="ID", help="see the command models; default: as suggested")
    parser.add_argument("--strategy", metavar="NAME", default=DEFAULT_STRATEGY, help=f"default: {DEFAULT_STRATEGY}")
    parser.add_argument("--freeze-until", metavar="STAGE", help="freeze all stages up to this one, this one included")
    parser.add_argument("--freeze", metavar="STAGE", action="append", help="freeze this stage; may be repeated")
    parser.add_argument("--set", metavar="NAME=VALUE", action="append", default=[], help="any setting; may be repeated")


def _find_rate(options: argparse.Namespace) -> Answer:
    from core.workflows.find_learning_rate import find_learning_rate
    from core.workflows.plan_run import plan_run

    dataset, bar = import_data(options), ProgressBar()
    workspace = workspace_of(options)
    plan = plan_run(workspace, choices_of(options, dataset))
    search = find_learning_rate(workspace, plan, on_progress=bar.draw)
    bar.close()
    return {
        "model": plan.spec.model,
        "strategy": plan.spec.strategy,
        "frozen_stages": list(plan.spec.frozen_stages),
        "phase": search.phase,
        "suggestion": search.suggestion,
        "ran_away": search.ran_away,
        "head_factor": search.head_factor,
        "tried": [asdict(one) for one in search.tried],
    }


def describe_rates(answer: Answer) -> str:
    """The suggestion as the hint that it is, and a line per step."""
    tried = [
        f"{one['rate']:10.2e}  loss {one['loss']:8.4f}  smoothed {one['smoothed_loss']:8.4f}" for one in answer["tried"]
    ]
    if answer["suggestion"] is None:
        hint = "The loss never clearly fell, so there is nothing to suggest"
    else:
        hint = f"The loss fell fastest near {answer['suggestion']:.1e}: a hint, noisy on few samples"
    return "\n".join([f"{answer['model']}, {answer['strategy']}, phase {answer['phase']}", *tried, f"{hint}."])
