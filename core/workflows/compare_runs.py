"""Finished runs side by side: what was set differently, how good each is, and whether that is more than chance."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import combinations
from typing import Literal

from core.arrays import IntArray
from core.datasets.records import SplitName
from core.errors import ConfigurationError
from core.evaluation.comparison import (
    PairedComparison,
    compare_predictions,
    points_words,
    rows_right_alone,
    verdict_words,
)
from core.evaluation.pairing import pair_samples
from core.evaluation.prediction_table import PredictionTable
from core.evaluation.warnings import SPLIT_WORDS
from core.training.settings import list_settings
from core.workflows.review_run import ReviewedSample, review_rows
from core.workflows.run_names import telling_names
from core.workflows.run_settings import NOT_SET, frozen_words, value_words
from core.workflows.show_run import RunView, read_predictions, show_run
from core.workflows.workspace import Workspace

__all__ = ["PairedComparison", "points_words", "verdict_words"]

Standing = Literal["better", "tied", "worse", "untested"]
"""Of a run to another: better or worse by more than chance explains, not distinguishable, or not to be tested."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Difference:
    """One thing in which the runs differ: its label, and what each run has, in the order of the runs."""

    label: str
    values: tuple[str, ...]


@dataclass(frozen=True, kw_only=True, slots=True)
class PairTest:
    """Two of the runs on the samples that both answered.

    Attributes:
        first: id of the run that is compared with.
        second: id of the run that is compared.
        split: the split the samples are from.
        found: None where no test is possible.
        why_not: why it is not, a sentence; empty where it is.
    """

    first: str
    second: str
    split: SplitName
    found: PairedComparison | None
    why_not: str = ""


@dataclass(frozen=True, kw_only=True, slots=True)
class RunComparison:
    """Two or more runs.

    Attributes:
        runs: in the order asked for; all have a report.
        names: what tells each from the others, in a few words; display only.
        split: where they are compared: test if all of them have one, else validation.
        differences: the settings that are not the same in all, and only these.
        tests: every pair, the earlier run first.
    """

    runs: tuple[RunView, ...]
    names: tuple[str, ...]
    split: SplitName
    differences: tuple[Difference, ...]
    tests: tuple[PairTest, ...]

    @property
    def best(self) -> RunView:
        """The run with the most hits on the validation split, which is there to choose by; of equals the quickest."""
        return max(self.runs, key=lambda run: (_accuracy(run, "val"), -total_seconds(run)))

    def test_of(self, one: str, other: str) -> PairTest:
        """The test of two different runs, whichever of them comes first."""
        return next(test for test in self.tests if {test.first, test.second} == {one, other})

    def standings(self, run_id: str) -> tuple[tuple[RunView, Standing], ...]:
        """How every other run stands to this one, by the test of both."""
        others = (run for run in self.runs if run.id != run_id)
        return tuple((run, standing(self.test_of(run_id, run.id), run.id)) for run in others)


def compare_runs(workspace: Workspace, run_ids: Sequence[str]) -> RunComparison:
    """Compare finished runs, every pair of them on the samples that both answered.

    Args:
        workspace: where they lie.
        run_ids: two or more different ones.

    Raises:
        UnknownChoiceError: there is no run of such an id.
        ConfigurationError: fewer than two, one twice, or one without a report.
    """
    if len(set(run_ids)) < 2 or len(set(run_ids)) < len(run_ids):
        raise ConfigurationError(
            f"Comparing takes two or more different runs; found {len(set(run_ids))}.", "Name another run as well."
        )
    runs = tuple(_require_report(show_run(workspace, run_id)) for run_id in run_ids)
    tables = {run.id: read_predictions(workspace, run.id) for run in runs}
    tests = tuple(_test(first, second, tables[first.id], tables[second.id]) for first, second in combinations(runs, 2))
    return RunComparison(
        runs=runs,
        names=telling_names(runs),
        split=_common_split(tables.values()),
        differences=find_differences(runs),
        tests=tests,
    )


def contested_samples(
    workspace: Workspace, test: PairTest
) -> tuple[tuple[ReviewedSample, ...], tuple[ReviewedSample, ...]]:
    """Samples that the first run alone got right, with the second's answers, and those that the second alone did."""
    first, second = (read_predictions(workspace, run_id) for run_id in (test.first, test.second))
    rows = _paired_rows(first, second, test.split)
    labels = first.labels[rows[0]]
    alone = rows_right_alone(labels, first.predictions[rows[0]], second.predictions[rows[1]])
    return (
        review_rows(workspace, test.second, rows[1][alone[0]]),
        review_rows(workspace, test.first, rows[0][alone[1]]),
    )


def standing(test: PairTest, run_id: str) -> Standing:
    """How one of the two runs of a test stands to the other."""
    if test.found is None:
        return "untested"
    if not test.found.is_decided:
        return "tied"
    second_is_better = test.found.accuracy.value > 0
    return "better" if second_is_better == (run_id == test.second) else "worse"


def total_seconds(run: RunView) -> float:
    """Seconds the run took from loading to its report; 0 where that is not known."""
    return dict(run.status.seconds).get("total", 0.0)


def find_differences(runs: Sequence[RunView]) -> tuple[Difference, ...]:
    """Everything that was set and is not the same in all runs on which it acts."""
    rows = [
        ("Data", [f"{run.dataset_name} ({run.spec.dataset_id[:6]})" for run in runs]),
        ("Backbone", [run.model_title for run in runs]),
        ("Strategy", [run.strategy_title for run in runs]),
        ("Frozen stages", [frozen_words(run) for run in runs]),
        *((row.label, [value_words(run, row) for run in runs]) for row in list_settings()),
    ]
    return tuple(
        Difference(label=label, values=tuple(values)) for label, values in rows if len({*values} - {NOT_SET}) > 1
    )


def _require_report(run: RunView) -> RunView:
    if not run.is_readable:
        raise ConfigurationError(
            f"Run {run.id} has no report to compare; it is {run.status.state}.",
            "Wait until it is finished, or resume it.",
        )
    return run


def _accuracy(run: RunView, split: SplitName) -> float:
    part = run.report.split(split) if run.report else None
    return part.accuracy.value if part else 0.0


def _common_split(tables: Iterable[PredictionTable]) -> SplitName:
    """Test if all have one: validation chose the states that were kept, and may flatter them."""
    return "test" if all(len(table.rows("test")) for table in tables) else "val"


def _test(first: RunView, second: RunView, answers: PredictionTable, others: PredictionTable) -> PairTest:
    split = _common_split((answers, others))
    left, right = _paired_rows(answers, others, split)
    why_not = _why_no_test(first, second, split, n_common=len(left))
    if why_not:
        return PairTest(first=first.id, second=second.id, split=split, found=None, why_not=why_not)
    found = compare_predictions(
        answers.labels[left], answers.predictions[left], others.predictions[right], len(first.class_names)
    )
    return PairTest(first=first.id, second=second.id, split=split, found=found)


def _why_no_test(first: RunView, second: RunView, split: SplitName, *, n_common: int) -> str:
    """Why two runs cannot be tested against each other, a sentence; empty where they can."""
    if first.class_names != second.class_names:
        return "No test: they tell different classes apart, so no answer of one can be held against the other's."
    if not n_common:
        return f"No test: they share no {SPLIT_WORDS[split]} sample, and a test needs answers to the same ones."
    return ""


def _paired_rows(first: PredictionTable, second: PredictionTable, split: SplitName) -> tuple[IntArray, IntArray]:
    """Rows of both tables that are the same sample under the same label, in the split.

    Versions of a dataset may differ in a label; which answer is right is then not the same for both.
    """
    rows = first.rows(split), second.rows(split)
    pairs = pair_samples(
        [first.sample_ids[row] for row in rows[0]],
        [second.sample_ids[row] for row in rows[1]],
    )
    left, right = rows[0][pairs[0]], rows[1][pairs[1]]
    same = first.labels[left] == second.labels[right]
    return left[same], right[same]
