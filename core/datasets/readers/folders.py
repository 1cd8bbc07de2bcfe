"""Class folders: which folder of a path is the split, which the class, and which merely wraps them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from core.datasets.entries import Entry
from core.datasets.naming import clean_class_name, split_hinted, split_named
from core.datasets.records import Skipped, SplitName

NO_CLASS_FOLDER = "it lies in no class folder"
OUTSIDE_SPLITS = "it lies outside the train, val and test folders"


@dataclass(frozen=True, kw_only=True, slots=True)
class Placed:
    """One entry with what its folders, or a table beside it, say."""

    entry: Entry
    class_name: str
    split: SplitName | None
    group: str | None = None


def place_entries(entries: Sequence[Entry]) -> tuple[tuple[Placed, ...], tuple[Skipped, ...]]:
    """Class and split of every entry, from its folders alone.

    Folders that hold only one further folder are wrapping. Where the first level with several folders names splits
    (with class folders inside), it is the split and the next level the class; else it is the class. A class folder
    may in turn hold train, val and test. Deeper folders are ignored.

    Returns:
        The placed entries in the given order, and the entries that have no class, with the reason.
    """
    depth = _first_choice(entries)
    split_of = _split_level(entries, depth)
    if split_of is None:
        return _place_by_class(entries, depth)
    return _place_by_split(entries, depth, split_of)


def _first_choice(entries: Sequence[Entry]) -> int:
    """Depth of the first level that has several folders, is the last one, or names a split."""
    depth = 0
    while True:
        inside = [entry.folders for entry in entries if len(entry.folders) > depth]
        names = {folders[depth] for folders in inside}
        ends_here = not any(len(folders) > depth + 1 for folders in inside)
        if len(names) != 1 or ends_here or split_named(next(iter(names))):
            return depth
        depth += 1


def _split_level(entries: Sequence[Entry], depth: int) -> Callable[[str], SplitName | None] | None:
    """How to read the folders at `depth` as splits; None where they are classes."""
    inside = [entry.folders for entry in entries if len(entry.folders) > depth + 1]
    parents = {folders[depth] for folders in inside}
    if parents and all(split_named(name) for name in parents):
        return split_named
    for reading in (split_named, split_hinted):
        found = {reading(name) for name in parents} - {None}
        if "train" in found and len(found) > 1:
            return reading
    return None


def _place_by_class(entries: Sequence[Entry], depth: int) -> tuple[tuple[Placed, ...], tuple[Skipped, ...]]:
    inside = [entry for entry in entries if len(entry.folders) > depth]
    split_below = all(len(entry.folders) > depth + 1 and split_named(entry.folders[depth + 1]) for entry in inside)
    return _place(
        entries,
        class_of=lambda entry: entry.folders[depth] if len(entry.folders) > depth else "",
        split_of=lambda entry: split_named(entry.folders[depth + 1]) if split_below else None,
    )


def _place_by_split(
    entries: Sequence[Entry], depth: int, reading: Callable[[str], SplitName | None]
) -> tuple[tuple[Placed, ...], tuple[Skipped, ...]]:
    def split_of(entry: Entry) -> SplitName | None:
        return reading(entry.folders[depth]) if len(entry.folders) > depth else None

    inside = [entry for entry in entries if split_of(entry)]
    outside = [Skipped(file=entry.name, reason=OUTSIDE_SPLITS) for entry in entries if not split_of(entry)]
    levels = dict.fromkeys(("train", "val", "test"), depth + 1)
    for split in levels:
        # Some archives repeat the folder: seg_train/seg_train/cats.
        members = [entry.folders for entry in inside if split_of(entry) == split]
        while members and all(len(f) > levels[split] + 1 and reading(f[levels[split]]) == split for f in members):
            levels[split] += 1

    def class_of(entry: Entry) -> str:
        level = levels[split_of(entry) or "train"]
        return entry.folders[level] if len(entry.folders) > level else ""

    placed, skipped = _place(inside, class_of=class_of, split_of=split_of)
    return placed, (*skipped, *outside)


def _place(
    entries: Sequence[Entry], *, class_of: Callable[[Entry], str], split_of: Callable[[Entry], SplitName | None]
) -> tuple[tuple[Placed, ...], tuple[Skipped, ...]]:
    placed: list[Placed] = []
    skipped: list[Skipped] = []
    for entry in entries:
        class_name = clean_class_name(class_of(entry))
        if class_name:
            placed.append(Placed(entry=entry, class_name=class_name, split=split_of(entry)))
        else:
            skipped.append(Skipped(file=entry.name, reason=NO_CLASS_FOLDER))
    return tuple(placed), tuple(skipped)
