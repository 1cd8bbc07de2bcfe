"""Names that people typed, made safe and short enough to stand in a figure."""

from __future__ import annotations

from collections.abc import Sequence


def plain_text(name: str) -> str:
    """The name with its white space on one line and without a meaning as markup: plotly renders a subset of HTML."""
    return " ".join(name.split()).replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def short_names(names: Sequence[str], *, max_chars: int = 24) -> list[str]:
    """Names cut to `max_chars` characters, made plain and kept apart from each other.

    Category axes join rows with equal names, so names that become equal by cutting get a number.
    """
    taken: set[str] = set()
    shortened = []
    for name in names:
        short = candidate = _cut(" ".join(name.split()), max_chars)
        number = 2
        while candidate in taken:
            suffix = f" ({number})"
            candidate = _cut(short, max_chars - len(suffix)) + suffix
            number += 1
        taken.add(candidate)
        shortened.append(plain_text(candidate))
    return shortened


def count_text(n: int) -> str:
    """A count as people write it in a label: 812, 4.7 k, 25.6 M."""
    if n < 1000:
        return str(n)
    if n < 999_950:
        return f"{n / 1e3:.1f} k"
    return f"{n / 1e6:.1f} M"


def _cut(name: str, max_chars: int) -> str:
    """The name, or its start and end around an ellipsis: classes often share their first words."""
    if len(name) <= max_chars:
        return name
    n_end = (max_chars - 1) * 2 // 5
    return name[: max_chars - 1 - n_end].rstrip() + "…" + name[len(name) - n_end :].lstrip()
