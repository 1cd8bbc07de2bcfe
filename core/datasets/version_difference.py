"""What is different between two versions of a dataset, read off the two tables themselves."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, fields

from core.datasets.records import Dataset


@dataclass(frozen=True, kw_only=True, slots=True)
class ChangedSample:
    """One sample that is not the same in both.

    Attributes:
        sample_id: hash of its content.
        source: where it came from, as the person knows it; for display only.
        text: the text; empty for images.
        before: its class in the first version; empty where it is not there.
        after: its class in the second version; empty where it is not there.
    """

    sample_id: str
    source: str
    text: str
    before: str
    after: str


@dataclass(frozen=True, kw_only=True, slots=True)
class VersionDifference:
    """From the first version to the second.

    Attributes:
        relabelled: samples whose class is another one, beyond renaming.
        excluded: samples that only the first has.
        added: samples that only the second has.
        renamed: pairs of a class and its name in the second version.
        merged: pairs of a class and the class of the second version that took it in.
        deleted: classes none of whose samples is left.
        marked: ids of samples that are marked as hard in the second version only.
        unmarked: ids of samples that are marked as hard in the first version only.
    """

    relabelled: tuple[ChangedSample, ...]
    excluded: tuple[ChangedSample, ...]
    added: tuple[ChangedSample, ...]
    renamed: tuple[tuple[str, str], ...]
    merged: tuple[tuple[str, str], ...]
    deleted: tuple[str, ...]
    marked: tuple[str, ...]
    unmarked: tuple[str, ...]

    @property
    def is_empty(self) -> bool:
        """Whether the two are the same for a training and for a person."""
        return not any(getattr(self, one.name) for one in fields(self))


def compare_versions(first: Dataset, second: Dataset) -> VersionDifference:
    """What became of each sample and class; the two need not be parent and child.

    Copies of one content are told apart by their order. A class all of whose remaining samples are found under one
    other name was renamed, or merged where that name holds samples it held before.
    """
    rows, later = _rows_by_copy(first), _rows_by_copy(second)
    staying = [(row, later[copy]) for copy, row in rows.items() if copy in later]
    successors = _successors(first, second, staying)
    relabelled = [
        _changed(first, row, before=_class_of(first, row), after=_class_of(second, now))
        for row, now in staying
        if successors.get(_class_of(first, row), _class_of(first, row)) != _class_of(second, now)
    ]
    gone = [row for copy, row in rows.items() if copy not in later]
    new = [row for copy, row in later.items() if copy not in rows]
    renamed = {old: now for old, now in successors.items() if old != now}
    taken = {old for old, now in successors.items() if old == now}
    both = set(first.sample_ids) & set(second.sample_ids)
    return VersionDifference(
        relabelled=tuple(relabelled),
        excluded=tuple(_changed(first, row, before=_class_of(first, row), after="") for row in gone),
        added=tuple(_changed(second, row, before="", after=_class_of(second, row)) for row in new),
        renamed=tuple(pair for pair in renamed.items() if pair[1] not in taken),
        merged=tuple(pair for pair in renamed.items() if pair[1] in taken),
        deleted=tuple(name for name in first.class_names if name not in {_class_of(first, row) for row, _ in staying}),
        marked=tuple(sorted((set(second.hard) - set(first.hard)) & both)),
        unmarked=tuple(sorted((set(first.hard) - set(second.hard)) & both)),
    )


def _rows_by_copy(dataset: Dataset) -> dict[tuple[str, int], int]:
    """Row by content and number of the copy."""
    seen: Counter[str] = Counter()
    rows = {}
    for row, sample_id in enumerate(dataset.sample_ids):
        rows[sample_id, seen[sample_id]] = row
        seen[sample_id] += 1
    return rows


def _successors(first: Dataset, second: Dataset, staying: list[tuple[int, int]]) -> Mapping[str, str]:
    """What a class of the first version is called in the second, by what most say where some went elsewhere."""
    found: dict[str, Counter[str]] = defaultdict(Counter)
    for row, now in staying:
        found[_class_of(first, row)][_class_of(second, now)] += 1
    names = set(second.class_names)
    return {
        name: name if name in names and name in counts else counts.most_common(1)[0][0]
        for name, counts in found.items()
    }


def _class_of(dataset: Dataset, row: int) -> str:
    return dataset.class_names[int(dataset.labels[row])]


def _changed(dataset: Dataset, row: int, *, before: str, after: str) -> ChangedSample:
    return ChangedSample(
        sample_id=dataset.sample_ids[row],
        source=dataset.sources[row],
        text=dataset.texts[row] if dataset.texts else "",
        before=before,
        after=after,
    )
