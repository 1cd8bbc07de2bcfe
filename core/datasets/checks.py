"""What may be wrong with a dataset: each check looks at it and returns one finding or none."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable
from itertools import chain, islice
from typing import Literal

from core.arrays import IntArray, StrArray
from core.datasets.records import MAX_ROWS, Dataset, Finding
from core.datasets.tables import EMPTY_TEXT
from core.settings import limit

IMBALANCE_RATIO = 3
SMALL_CLASS = 10
SHORT_TEXT_CHARS = 3
NAMES_SHOWN = 5
HARMLESS_LEAK_SHARE = 0.01
"""Copies up to this share of val and test move a score by less than its interval."""
UNLEARNED = "train has no sample of its class"

Check = Callable[[Dataset], Finding | None]


def find_all(dataset: Dataset) -> tuple[Finding, ...]:
    """The findings of all checks, errors first."""
    return worst_first(check(dataset) for check in CHECKS)


def worst_first(found: Iterable[Finding | None]) -> tuple[Finding, ...]:
    """What checks gave, errors first; of those that found nothing, nothing."""
    order = {"error": 0, "warning": 1, "info": 2}
    return tuple(sorted(filter(None, found), key=lambda finding: order[finding.severity]))


def check_leaks(dataset: Dataset) -> Finding | None:
    """The same content in two splits, which makes validation or test too good."""
    groups = _copies(dataset, dataset.splits)
    leaks = len(groups)
    if not leaks:
        return None
    judged = dataset.n_samples - dataset.split_sizes()["train"]
    message = (
        f"{leaks} {things(dataset, leaks)} occur in more than one of train, val and test. Scores on them are too "
        "good. Remove the copies from val and test, or let the split be drawn anew."
    )
    severity: Literal["error", "warning"] = "error" if leaks > HARMLESS_LEAK_SHARE * judged else "warning"
    return Finding(
        code="split_leak",
        severity=severity,
        message=message,
        n=leaks,
        rows=_rows(groups),
        remedy="drop-copies" if dataset.split_origin == "given" else "redraw-split",
    )


def check_label_conflicts(dataset: Dataset) -> Finding | None:
    """The same content under two labels."""
    groups = _copies(dataset, dataset.labels)
    conflicts = len(groups)
    if not conflicts:
        return None
    message = (
        f"{conflicts} {things(dataset, conflicts)} occur under two or more labels. No model can get them all right. "
        "Correct or remove them."
    )
    return Finding(code="label_conflict", severity="warning", message=message, n=conflicts, rows=_rows(groups))


def check_duplicates(dataset: Dataset) -> Finding | None:
    """Exact copies beyond the first."""
    groups = _copies(dataset)
    copies = sum(len(rows) - 1 for rows in groups)
    if not copies:
        return None
    message = f"{copies} {things(dataset, copies)} are exact copies of others and count more than once. Remove them."
    return Finding(
        code="duplicates", severity="warning", message=message, n=copies, rows=_rows(groups), remedy="drop-copies"
    )


def check_imbalance(dataset: Dataset) -> Finding | None:
    """One class much larger than another."""
    counts = dataset.class_counts()
    largest, smallest = max(counts, key=lambda name: counts[name]), min(counts, key=lambda name: counts[name])
    if counts[largest] < IMBALANCE_RATIO * counts[smallest]:
        return None
    ratio = counts[largest] / counts[smallest]
    message = (
        f'"{largest}" has {counts[largest]} samples, "{smallest}" {counts[smallest]}: {ratio:.1f} times as many. Read '
        "macro-F1 rather than accuracy, or turn on class weights."
    )
    return Finding(code="class_imbalance", severity="warning", message=message, n=counts[largest] - counts[smallest])


def check_small_classes(dataset: Dataset) -> Finding | None:
    """Classes with so few samples that their numbers say little."""
    small = {name: count for name, count in dataset.class_counts().items() if count < SMALL_CLASS}
    if not small:
        return None
    message = (
        f"{len(small)} of {dataset.n_classes} classes have fewer than {SMALL_CLASS} samples: {_named(small.items())}. "
        "Their scores are uncertain. Add samples."
    )
    return Finding(code="small_classes", severity="warning", message=message, n=len(small))


def check_similar_names(dataset: Dataset) -> Finding | None:
    """Class names that differ only in case or spacing, probably one class written in two ways."""
    alike = names_alike(dataset.class_names)
    if not alike:
        return None
    pairs = ", ".join(" and ".join(f'"{name}"' for name in names) for names in alike[:NAMES_SHOWN])
    message = (
        f"Some labels differ only in case, spacing or punctuation: {pairs}. If they mean the same, write them alike."
    )
    n = sum(map(len, alike))
    return Finding(code="similar_class_names", severity="warning", message=message, n=n, remedy="merge-names")


def names_alike(class_names: Iterable[str]) -> list[list[str]]:
    """Names that differ only in case, spacing or punctuation, in groups of two or more."""
    groups: dict[str, list[str]] = defaultdict(list)
    for name in class_names:
        groups["".join(char for char in name.casefold() if char.isalnum()) or name].append(name)
    return [names for names in groups.values() if len(names) > 1]


def check_missing_in_parts(dataset: Dataset) -> Finding | None:
    """Classes that val or test has no sample of, so that nothing can be said about them there."""
    missing: set[str] = set()
    for split, size in dataset.split_sizes().items():
        if size:
            missing |= {name for name, count in dataset.class_counts(split).items() if not count}
    if not missing:
        return None
    shown = ", ".join(f'"{name}"' for name in sorted(missing)[:NAMES_SHOWN])
    message = (
        f"{len(missing)} classes have no sample in one of the splits: {shown}. No score can be given for them there."
    )
    return Finding(code="class_missing_in_split", severity="warning", message=message, n=len(missing))


def check_unlearned(dataset: Dataset) -> Finding | None:
    """Samples of val and test that were left out because their class cannot be learned."""
    n = sum(item.reason.startswith(UNLEARNED) for item in dataset.skipped)
    if not n:
        return None
    message = (
        f"{n} samples of val and test were left out: {UNLEARNED}. Write the labels alike in all parts, or add such "
        "samples to train."
    )
    return Finding(code="class_not_in_train", severity="warning", message=message, n=n)


def check_empty_texts(dataset: Dataset) -> Finding | None:
    """Texts that were left out because there is nothing in them."""
    n = sum(item.reason == EMPTY_TEXT for item in dataset.skipped)
    if not n:
        return None
    return Finding(code="empty_texts", severity="info", message=f"{n} empty texts were left out.", n=n)


def check_short_texts(dataset: Dataset) -> Finding | None:
    """Texts too short to say much."""
    rows = tuple(row for row, text in enumerate(dataset.texts) if len(text) < SHORT_TEXT_CHARS)
    n = len(rows)
    if not n:
        return None
    message = f"{n} texts have fewer than {SHORT_TEXT_CHARS} characters. Look whether they are samples at all."
    return Finding(code="short_texts", severity="info", message=message, n=n, rows=rows[:MAX_ROWS])


def check_long_texts(dataset: Dataset) -> Finding | None:
    """Texts cut at the limit."""
    max_chars = limit("text")
    n = sum(len(text) >= max_chars for text in dataset.texts)
    if not n:
        return None
    message = f"{n} texts were cut to {max_chars:,} characters. Models read only the beginning of a text."
    return Finding(code="long_texts", severity="info", message=message, n=n)


CHECKS: tuple[Check, ...] = (
    check_leaks,
    check_label_conflicts,
    check_duplicates,
    check_imbalance,
    check_small_classes,
    check_similar_names,
    check_missing_in_parts,
    check_unlearned,
    check_empty_texts,
    check_short_texts,
    check_long_texts,
)


def _copies(dataset: Dataset, values: IntArray | StrArray | None = None) -> list[list[int]]:
    """Rows of each content that occurs more than once; with values, shape (n_samples,), where these differ in it."""
    counts = Counter(dataset.sample_ids)
    if len(counts) == dataset.n_samples:
        return []
    groups: dict[str, list[int]] = defaultdict(list)
    for row, sample_id in enumerate(dataset.sample_ids):
        if counts[sample_id] > 1:
            groups[sample_id].append(row)
    return [rows for rows in groups.values() if values is None or len(set(values[rows].tolist())) > 1]


def _rows(groups: Iterable[list[int]]) -> tuple[int, ...]:
    """Copies side by side, as far as a finding keeps them."""
    return tuple(islice(chain.from_iterable(groups), MAX_ROWS))


def things(dataset: Dataset, n: int) -> str:
    """What so many samples are called: "image", "texts"."""
    return dataset.modality + ("" if n == 1 else "s")


def _named(counts: Iterable[tuple[str, int]]) -> str:
    rows = list(counts)
    shown = ", ".join(f'"{name}" ({count})' for name, count in rows[:NAMES_SHOWN])
    return shown + (" and more" if len(rows) > NAMES_SHOWN else "")
