"""What belongs together beyond copies, so that a drawn split keeps it on one side: persons, scenes, neighbours."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import Literal

from core.errors import DatasetError

GroupBy = Literal["nothing", "groups", "neighbours", "names"]
N_BLOCKS = 40
"""Blocks of neighbours aimed at: few enough that hardly anything lies at a border, enough for shares of 15 %."""
STRETCH = 1.5
"""A block may grow to this many times its usual size to end where the numbers have a gap."""

_COLUMN = re.compile(r'samples with the same "(.*)"')
_NUMBER = re.compile(r"(\d+)\D*$")
_LAST_PART = re.compile(r"[\s_.-]+[^\s_.-]*$")


@dataclass(frozen=True, kw_only=True, slots=True)
class GroupRule:
    """How to find what belongs together.

    Attributes:
        by: "nothing" beyond copies; "groups", what the data say of each sample; "neighbours", blocks of files with
            consecutive numbers; "names", files whose names are alike up to their last part ("anna_1", "anna_2").
        column: of a table, the one that says it, where it is by "groups"; for display afterwards.
    """

    by: GroupBy = "nothing"
    column: str = ""

    @property
    def in_words(self) -> str:
        """What stays on one side, in words; empty where nothing does."""
        named = f'samples with the same "{self.column}"' if self.column else "samples of one group"
        return {
            "nothing": "",
            "groups": named,
            "neighbours": "blocks of files with consecutive numbers",
            "names": "files whose names begin alike",
        }[self.by]


def rule_in_words(words: str) -> GroupRule:
    """The rule that says this of itself."""
    named = _COLUMN.fullmatch(words)
    choices: tuple[GroupBy, ...] = ("nothing", "neighbours", "names", "groups")
    known = (GroupRule(by=by) for by in choices)
    return GroupRule(by="groups", column=named[1]) if named else next(rule for rule in known if rule.in_words == words)


def group_samples(rule: GroupRule, sources: Sequence[str], groups: Sequence[str]) -> tuple[str, ...]:
    """A name for each sample, the same for those that belong together; shape (n_samples,); empty for "nothing".

    Args:
        rule: how to find it.
        sources: where each sample came from.
        groups: what the data say that each belongs to; empty where they say nothing.

    Raises:
        DatasetError: the data say nothing of groups, or their files have no numbers.
    """
    if rule.by == "nothing":
        return ()
    if rule.by == "groups":
        if not groups:
            raise DatasetError(
                "The data do not say which samples belong together.",
                "Bring a table with a column that says it, and name that column.",
            )
        return tuple(groups)
    return blocks_of_neighbours(sources) if rule.by == "neighbours" else begin_alike(sources)


def blocks_of_neighbours(sources: Sequence[str]) -> tuple[str, ...]:
    """Files in the order of their numbers, whatever folder they lie in, cut into blocks, at gaps where there are any.

    Cameras and films number what they take one after the other, so neighbours show the same person or scene, often
    under different labels. Names that begin differently are counted apart; a file without a number stands alone.

    Raises:
        DatasetError: hardly any file has a number.
    """
    series: dict[str, list[tuple[int, int]]] = defaultdict(list)
    for row, source in enumerate(sources):
        if number := number_of(source):
            series[number[0]].append((number[1], row))
    if 2 * sum(map(len, series.values())) < len(sources):
        raise DatasetError(
            "Neighbours can be kept together only where files are numbered; most of these names have no number.",
            "Let the split be drawn without it.",
        )
    blocks = [f"alone {row}" for row in range(len(sources))]
    size = max(2, len(sources) // N_BLOCKS)
    for prefix, found in series.items():
        for place, block in enumerate(_cut(sorted(found), size)):
            for _, row in block:
                blocks[row] = f"{prefix} block {place}"
    return tuple(blocks)


def begin_alike(sources: Sequence[str]) -> tuple[str, ...]:
    """The name of each file without its last part: "anna" for "hands/anna_1.jpg"."""
    return tuple(_LAST_PART.sub("", _stem(source)) or _stem(source) for source in sources)


def number_of(source: str) -> tuple[str, int] | None:
    """What stands before the last number in a file's name, and that number; None where there is none."""
    stem = _stem(source)
    found = _NUMBER.search(stem)
    return (stem[: found.start()], int(found[1][-18:])) if found else None


def _stem(source: str) -> str:
    return PurePosixPath(source).stem


def _cut(numbered: Sequence[tuple[int, int]], size: int) -> list[list[tuple[int, int]]]:
    """Blocks of at least `size`, the last one aside, each ending at a gap if one comes before it is too long."""
    blocks: list[list[tuple[int, int]]] = [[]]
    for one in numbered:
        block = blocks[-1]
        is_gap = bool(block) and one[0] > block[-1][0] + 1
        if len(block) >= size and (is_gap or len(block) >= STRETCH * size):
            blocks.append([])
        blocks[-1].append(one)
    return blocks
