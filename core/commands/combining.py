"""A command about several finished runs: make one of them."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING, Any

from core.commands.parsing import Answer, Commands, workspace_of
from core.commands.progress_bar import ProgressBar

if TYPE_CHECKING:
    from core.evaluation.records import Interval
    from core.workflows.combinable import Combination, Member


def add_to(commands: Commands) -> None:
    """`combine`."""
    combine = commands.add("combine", _combine, describe_combination, "make one run of several")
    combine.add_argument("runs", metavar="RUN", nargs="+", help="two or more finished runs on the same data")
    combine.add_argument(
        "--by",
        metavar="WAY",
        default="probabilities",
        help="probabilities (default): average their answers; weights: of one backbone; features: one head on all",
    )


def describe_combination(answer: Answer) -> str:
    """A line per member and one for the combination: accuracy, cost, and whether it is worth that."""
    kept = {step["run"]: step["kept"] for step in answer["steps"]}
    lines = [_line(one, "" if kept.get(one["run"], True) else "  left out") for one in answer["members"]]
    return "\n".join(
        [
            f"{'run':<22} {'val':>7} {'test':>7} {'parameters':>12} {'ms/sample':>10}",
            *lines,
            _line(answer, "  combined"),
            f"On {answer['n']:,} {answer['split']} samples: {answer['verdict']}, {100 * answer['gain']:+.1f} points.",
        ]
    )


def _combine(options: argparse.Namespace) -> Answer:
    from core.workflows.combinable import kind_of
    from core.workflows.combine_runs import combine_runs
    from core.workflows.show_run import show_run

    workspace, bar = workspace_of(options), ProgressBar()
    run_id = combine_runs(workspace, options.runs, by=kind_of(options.by), on_progress=bar.draw)
    bar.close()
    run = show_run(workspace, run_id)
    combination, report = run.combination, run.report
    assert combination is not None
    assert report is not None
    parts = {part.split: part.accuracy for part in report.splits}
    return {
        "run": run_id,
        **_numbers(parts["val"], parts.get("test")),
        "parameters": run.parameters.total if run.parameters else 0,
        "ms_per_sample": round(combination.ms_per_sample, 3),
        **_facts(combination),
    }


def _facts(combination: Combination) -> dict[str, Any]:
    return {
        "by": combination.kind,
        "members": [_member(member) for member in combination.members],
        "steps": [
            {"run": step.run_id, "val_accuracy": step.val_accuracy, "kept": step.is_kept} for step in combination.steps
        ],
        "gain": combination.gain.value,
        "gain_interval": _bounds(combination.gain),
        "verdict": combination.verdict,
        "split": combination.gain_split,
        "n": combination.n,
    }


def _member(member: Member) -> dict[str, Any]:
    return {
        "run": member.run_id,
        **_numbers(member.val, member.test),
        "parameters": member.n_parameters,
        "ms_per_sample": round(member.ms_per_sample, 3),
    }


def _numbers(val: Interval, test: Interval | None) -> dict[str, Any]:
    return {
        "val_accuracy": val.value,
        "val_interval": _bounds(val),
        "test_accuracy": None if test is None else test.value,
        "test_interval": None if test is None else _bounds(test),
    }


def _bounds(number: Interval) -> list[float] | None:
    return None if number.low is None or number.high is None else [number.low, number.high]


def _line(one: Answer, note: str) -> str:
    test = "–" if one["test_accuracy"] is None else f"{one['test_accuracy']:.1%}"
    return (
        f"{one['run']:<22} {one['val_accuracy']:>7.1%} {test:>7} {one['parameters']:>12,} "
        f"{one['ms_per_sample']:>10.1f}{note}"
    )
