"""The front door: files in, a stored dataset out."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from contextlib import ExitStack
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import numpy as np

from core.arrays import IntArray
from core.datasets.checks import UNLEARNED, find_all
from core.datasets.entries import UploadedFile, open_source
from core.datasets.gathering import Gathered, Progress, gather, reporting
from core.datasets.grouping import GroupRule, group_samples
from core.datasets.identity import identify, order_class_names
from core.datasets.naming import RawSample, clean_class_name
from core.datasets.reading import read_source, read_test_source
from core.datasets.records import Dataset, Modality, Skipped
from core.datasets.similar import group_similar_images, join_groups, plain_text
from core.datasets.split import draw_splits
from core.datasets.store import DatasetStore
from core.errors import DatasetError

CLASSES_SHOWN = 12

Source = Path | Sequence[UploadedFile]


def import_dataset(
    source: Source,
    *,
    store: DatasetStore,
    name: str | None = None,
    test: Source | None = None,
    text_column: str | None = None,
    label_column: str | None = None,
    group_rule: GroupRule | None = None,
    seed: int = 0,
    on_progress: Progress | None = None,
) -> Dataset:
    """Reads, checks, splits and stores labeled images or texts.

    Args:
        source: a folder, a zip, a table, or files already uploaded.
        store: where images and the dataset are kept.
        name: what to call it; the file's or folder's name where None.
        test: a separate test set, with the same columns if it is a table.
        text_column: of a table; guessed where None.
        label_column: of a table; guessed where None.
        group_rule: what a drawn split keeps together besides copies; None for nothing.
        seed: decides the parts of the split that the data does not give.
        on_progress: called with (samples done, samples expected).

    Raises:
        DatasetError: nothing usable, fewer than two classes, or a class with fewer than two different samples.
        UnknownChoiceError: a named column does not exist.
    """
    rule = group_rule or GroupRule()
    with ExitStack() as stack:
        listing = stack.enter_context(open_source(source))
        reading = read_source(
            listing, text_column=text_column, label_column=label_column, group_column=rule.column or None
        )
        items, n_expected = reading.items, reading.n_expected
        if test is not None:
            test_reading = read_test_source(stack.enter_context(open_source(test)), reading)
            items = _with_test(items, test_reading.items)
            n_expected += test_reading.n_expected
        return store_samples(
            items,
            store=store,
            modality=reading.modality,
            columns=reading.columns,
            name=name or listing.name,
            seed=seed,
            on_progress=on_progress,
            n_expected=n_expected,
            group_rule=rule,
        )


def store_samples(
    items: Iterable[RawSample | Skipped],
    *,
    store: DatasetStore,
    modality: Modality,
    columns: tuple[str, ...],
    name: str,
    seed: int,
    n_expected: int,
    on_progress: Progress | None = None,
    group_rule: GroupRule | None = None,
) -> Dataset:
    """Stores a stream of samples as a dataset; see `import_dataset`."""
    report = reporting(on_progress, n_expected)
    with store.naming():
        gathered = gather(items, store, modality, report)
        report(n_expected)
        _set_unlearned_aside(gathered)
        _require_usable(gathered)
        title = clean_class_name(name) or "dataset"
        dataset = _build(gathered, modality, columns, title, seed, group_rule or GroupRule())
        dataset = replace(dataset, findings=(*find_all(dataset), *dataset.findings))
        store.save(dataset)
    return dataset


def _with_test(
    items: Iterable[RawSample | Skipped], test_items: Iterable[RawSample | Skipped]
) -> Iterator[RawSample | Skipped]:
    for item in items:
        if isinstance(item, RawSample) and item.split == "test":
            raise DatasetError(
                "There can be one test set; the data holds its own test part and a separate one was given.",
                "Leave the separate test set away, or remove the test part from the data.",
            )
        yield item
    for item in test_items:
        yield replace(item, split="test") if isinstance(item, RawSample) else item


def _set_unlearned_aside(gathered: Gathered) -> None:
    """Moves samples of val and test whose class train lacks to the skipped ones: no model could learn them."""
    learned = {split or "train": set[str]() for split in set(gathered.splits)}
    for split, class_name in zip(gathered.splits, gathered.class_names, strict=True):
        learned[split or "train"].add(class_name)
    if "train" not in learned or len(learned) < 2:
        return
    lost = set[str]().union(*learned.values()) - learned["train"]
    names = gathered.class_names
    if lost:
        rows = [row for row, name in enumerate(names) if name in lost]
        gathered.set_aside(rows, lambda row: f'{UNLEARNED} ("{names[row]}")')
    emptied = [split for split, found in learned.items() if found <= lost]
    if emptied:
        raise DatasetError(
            f"Every part of the split needs samples of the classes in train; {' and '.join(sorted(emptied))} has only "
            f"others: {_listed(sorted(lost))}. Train has {_listed(sorted(learned['train']))}.",
            "Write the labels alike in all parts.",
        )


def _require_usable(gathered: Gathered) -> None:
    """The two rules of a dataset, both checked before either is reported."""
    first: dict[str, str] = {}
    several = {
        class_name
        for class_name, sample_id in zip(gathered.class_names, gathered.sample_ids, strict=True)
        if first.setdefault(class_name, sample_id) != sample_id
    }
    small = sorted(set(first) - several)
    if len(first) >= 2 and not small:
        return
    distinct = set(zip(gathered.class_names, gathered.sample_ids, strict=True))
    counts = Counter(class_name for class_name, _ in distinct)
    found = _listed([f"{name} ({counts[name]})" for name in sorted(counts)]) if counts else "none"
    problem = (
        "A dataset needs at least two classes, each with at least two different samples. "
        f"Found {len(counts)} {'class' if len(counts) == 1 else 'classes'}: {found}."
    )
    if small:
        problem += f" Too small: {_listed(small)}."
    if gathered.skipped:
        reasons = Counter(item.reason for item in gathered.skipped).most_common(3)
        shown = "; ".join(f"{count} because {reason}" for reason, count in reasons)
        problem += f" Skipped: {len(gathered.skipped)} ({shown})."
    remedy = "Add samples to the small classes or remove those classes." if small else "Add a second class."
    raise DatasetError(problem, remedy)


def _listed(names: Sequence[str]) -> str:
    more = f" and {len(names) - CLASSES_SHOWN} more" if len(names) > CLASSES_SHOWN else ""
    return ", ".join(names[:CLASSES_SHOWN]) + more


def _build(
    gathered: Gathered, modality: Modality, columns: tuple[str, ...], name: str, seed: int, rule: GroupRule
) -> Dataset:
    class_names = order_class_names(gathered.class_names)
    place = {class_name: label for label, class_name in enumerate(class_names)}
    labels = np.array([place[class_name] for class_name in gathered.class_names], dtype=np.int64)
    sample_ids, sources = tuple(gathered.sample_ids), tuple(gathered.sources)
    own = gathered.groups if any(gathered.groups) else []
    groups = tuple(group or source for group, source in zip(own, sources, strict=False))
    choice = draw_splits(
        labels,
        sample_ids,
        gathered.splits,
        seed=seed,
        copies=_near_copies(gathered),
        groups=group_samples(rule, sources, groups),
    )
    return Dataset(
        id=identify(modality, class_names, sample_ids, labels, choice.splits),
        name=name,
        modality=modality,
        class_names=class_names,
        sample_ids=sample_ids,
        labels=labels,
        splits=choice.splits,
        sources=sources,
        texts=tuple(gathered.texts),
        skipped=tuple(gathered.skipped),
        findings=choice.findings,
        split_origin=choice.origin,
        columns=columns,
        created_at=datetime.now(UTC).isoformat(timespec="microseconds"),
        groups=groups,
        kept_together="" if choice.origin == "given" else rule.in_words,
    )


def _near_copies(gathered: Gathered) -> IntArray:
    """What is known of near copies at once: images by their looks, texts that read the same."""
    if gathered.looks:
        return group_similar_images(gathered.looks)
    return join_groups([plain_text(text) for text in gathered.texts])
