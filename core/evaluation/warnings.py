"""What a reader must know before trusting the numbers of a report."""

from __future__ import annotations

from collections.abc import Sequence

from core.datasets.records import SplitName
from core.evaluation.records import FEW_SAMPLES, ClassReport, SplitReport

SPLIT_WORDS: dict[SplitName, str] = {"train": "training", "val": "validation", "test": "test"}
MAX_NAMED = 5


def find_warnings(splits: Sequence[SplitReport]) -> tuple[str, ...]:
    """Sentences about classes too small to judge and models no better than the baseline, split by split."""
    return tuple(sentence for part in splits for sentence in (*_absent(part), *_few(part), *_no_better(part)))


def leak_warnings(n_leaks: int, n_judged: int, neighbours: str) -> tuple[str, ...]:
    """Sentences about a split that makes scores too good.

    Args:
        n_leaks: samples of validation and test that have a copy or near copy in another part.
        n_judged: samples of validation and test.
        neighbours: what was noticed about files with neighbouring numbers; empty for nothing.
    """
    found = []
    if n_leaks:
        share = n_leaks / n_judged
        found.append(
            f"{n_leaks:,} of {n_judged:,} validation and test samples ({share:.1%}) have a copy or near copy in "
            "another part of the split: the scores are too good. The Data page shows them and draws the split anew."
        )
    return (*found, *([neighbours] if neighbours else []))


def known_warnings(n_known: int, n_judged: int, run_id: str) -> tuple[str, ...]:
    """A sentence where the network that a run began with had learned from samples that the run is judged by.

    Args:
        n_known: samples of validation and test that it had learned from.
        n_judged: samples of validation and test.
        run_id: the run that had made the network.
    """
    if not n_known:
        return ()
    return (
        f"{n_known:,} of {n_judged:,} validation and test samples ({n_known / n_judged:.1%}) are among those that the "
        f"network had already learned from in run {run_id}, where it comes from: the scores are too good.",
    )


def _absent(part: SplitReport) -> list[str]:
    """Classes without a sample in the split."""
    absent = [row for row in part.classes if row.support == 0]
    if not absent:
        return []
    word = SPLIT_WORDS[part.split]
    if len(absent) == 1:
        return [f'Class "{absent[0].class_name}" has no {word} samples: nothing is known about it.']
    return [f"{len(absent)} classes have no {word} samples ({_names(absent)}): nothing is known about them."]


def _few(part: SplitReport) -> list[str]:
    """Classes with too few samples; one sentence each, or one for all where there are many."""
    few = [row for row in part.classes if row.is_too_small]
    word = SPLIT_WORDS[part.split]
    if len(few) <= MAX_NAMED:
        return [
            f'Class "{row.class_name}" has only {row.support} {word} {"sample" if row.support == 1 else "samples"}: '
            "too few to tell."
            for row in few
        ]
    found = f"{len(few)} of {len(part.classes)} classes have fewer than {FEW_SAMPLES} {word} samples"
    return [f"{found} ({_names(few)}): their own numbers are too uncertain to tell."]


def _no_better(part: SplitReport) -> list[str]:
    """The accuracy's interval reaches down to the baseline."""
    low = part.accuracy.low
    if low is None or low > part.majority_accuracy:
        return []
    found = f"{part.accuracy.value:.1%} on {part.n} {SPLIT_WORDS[part.split]} samples"
    return [
        f'{found} is not clearly better than always answering "{part.majority_class}" ({part.majority_accuracy:.1%}).'
    ]


def _names(rows: Sequence[ClassReport]) -> str:
    """The first few names, quoted."""
    named = ", ".join(f'"{row.class_name}"' for row in rows[:MAX_NAMED])
    return named + (", ..." if len(rows) > MAX_NAMED else "")
