"""Commands about several runs: compare two that are finished, and race strategies against each other."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from core.commands.foreground import Foreground
from core.commands.parsing import Answer, Commands, add_data_options, import_data, workspace_of
from core.commands.words import describe_comparison, describe_race
from core.errors import ConfigurationError
from core.settings import DEFAULT_SEED

if TYPE_CHECKING:
    from core.evaluation.records import Interval
    from core.workflows.compare_runs import RunComparison
    from core.workflows.show_run import RunView


def add_to(commands: Commands) -> None:
    """`compare` and `race`."""
    compare = commands.add("compare", _compare, describe_comparison, "say whether the second of two runs is better")
    compare.add_argument("runs", metavar="RUN", nargs=2)
    race = commands.add("race", _race, describe_race, "train with several strategies, alike in all else")
    add_data_options(race)
    race.add_argument("--model", metavar="ID", help="see the command models; default: as suggested")
    race.add_argument("--strategy", metavar="NAME", action="append", help="race this one; two or more; default: five")
    race.add_argument("--epochs", type=int, metavar="N", help="of each at most; default: as suggested for a race")
    race.add_argument("--seed", type=int, metavar="N", default=DEFAULT_SEED)
    race.add_argument("--set", metavar="NAME=VALUE", action="append", default=[], help="any other setting, for all")


def _compare(options: argparse.Namespace) -> Answer:
    from core.workflows.compare_runs import compare_runs, verdict_words

    comparison = compare_runs(workspace_of(options), options.runs)
    (test,) = comparison.tests
    found = test.found
    if found is None:
        raise ConfigurationError(test.why_not, "Compare runs on the same data.")
    return {
        "runs": [test.first, test.second],
        "names": list(comparison.names),
        "difference": {"accuracy": found.accuracy.value, "macro_f1": found.macro_f1.value},
        "interval": _bounds(found.macro_f1),
        "accuracy_interval": _bounds(found.accuracy),
        "p_value": found.p_value,
        "verdict": verdict_words(found),
        "split": test.split,
        "n": found.n,
        "right_alone": [found.n_only_first, found.n_only_second],
        "settings": [{"setting": row.label, "values": list(row.values)} for row in comparison.differences],
        "warnings": _about_splits(options, comparison.runs),
    }


def _about_splits(options: argparse.Namespace, runs: Sequence[RunView]) -> list[str]:
    """What is known against the splits that the runs were judged on, a sentence each."""
    from core.workflows.stored_checks import split_notices

    datasets = {run.spec.dataset_id: run.dataset_name for run in runs}
    found = split_notices(workspace_of(options), datasets)
    return [f"{name}: {warning}" for name, warnings in found.items() for warning in warnings]


def _race(options: argparse.Namespace) -> Answer:
    from core.training.settings import read_settings
    from core.workflows.plan_run import RunChoices
    from core.workflows.race_strategies import create_race, plan_race, usual_strategies
    from core.workflows.show_run import show_run

    dataset, workspace = import_data(options), workspace_of(options)
    named = {name: getattr(options, name) for name in ("epochs", "seed")}
    settings = {name: value for name, value in named.items() if value is not None} | read_settings(options.set)
    choices = RunChoices(dataset_id=dataset.id, model=options.model, settings=settings)
    plans = plan_race(workspace, choices, options.strategy or usual_strategies(workspace, choices))
    foreground = Foreground()
    run_ids: list[str] = []
    for plan in plans:
        # Stored only when its turn comes, so that an interrupted race leaves no runs behind that never began.
        run_ids += create_race(workspace, [plan])
        foreground.execute(workspace, run_ids[-1])
        if foreground.is_ending:
            break
    return _race_answer(options, [show_run(workspace, run_id) for run_id in run_ids])


def _race_answer(options: argparse.Namespace, runs: Sequence[RunView]) -> Answer:
    from core.workflows.compare_runs import compare_runs, total_seconds

    readable = [run.id for run in runs if run.is_readable]
    error = runs[0].status.error
    if error is not None and not readable:
        return {"error": {"code": error.code, "problem": error.problem, "remedy": error.remedy}}
    comparison = compare_runs(workspace_of(options), readable) if len(readable) > 1 else None
    return {
        "runs": [_raced(run, comparison) for run in runs],
        "best": comparison.best.id if comparison else next(iter(readable), None),
        "status": "interrupted" if any(run.status.state == "interrupted" for run in runs) else "finished",
        "seconds": round(sum(total_seconds(run) for run in runs), 3),
        "warnings": _about_splits(options, runs),
    }


def _raced(run: RunView, comparison: RunComparison | None) -> dict[str, Any]:
    from core.workflows.compare_runs import total_seconds

    val = run.report.split("val") if run.report else None
    return {
        "run": run.id,
        "strategy": run.spec.strategy,
        "status": run.status.state,
        "val_accuracy": val.accuracy.value if val else None,
        "val_accuracy_interval": _bounds(val.accuracy) if val else None,
        "val_macro_f1": val.macro_f1.value if val else None,
        "n_val": val.n if val else 0,
        "trainable_share": run.parameters.trainable_share if run.parameters else None,
        "seconds": round(total_seconds(run), 3),
        "verdict": run.status.error.problem if run.status.error else _against_first(run, comparison),
    }


def _against_first(run: RunView, comparison: RunComparison | None) -> str:
    """How a run stands to the first of those with a report; empty for that one itself."""
    from core.workflows.compare_runs import verdict_words

    if comparison is None or not run.is_readable or run.id == comparison.runs[0].id:
        return ""
    test = comparison.test_of(comparison.runs[0].id, run.id)
    return test.why_not if test.found is None else verdict_words(test.found, "the first", "this one")


def _bounds(number: Interval) -> list[float] | None:
    return None if number.low is None or number.high is None else [number.low, number.high]
