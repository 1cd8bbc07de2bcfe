"""Whether left and right matter to a dataset, as far as the names of its classes tell."""

from __future__ import annotations

import re
from collections.abc import Sequence

KINDS = frozenset({"digit", "digits", "letter", "letters", "number", "char", "character", "sign"})
"""Words that may stand before what counts: "digit 7", "sign_B"."""

NUMBER_WORDS = frozenset({"zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine"})
SIDES = frozenset({"left", "right", "clockwise", "counterclockwise", "anticlockwise"})
MIN_SHARE = 0.5
"""Share of the names that must be digits or letters: alphabets of signs have "space" and "nothing" beside them."""


def mirroring_warning(class_names: Sequence[str]) -> str | None:
    """Why mirrored images would be wrong for these classes, one sentence, or None where no name speaks against them.

    Args:
        class_names: as people wrote them.
    """
    words = [_words(name) for name in class_names]
    sided = [name for name, parts in zip(class_names, words, strict=True) if SIDES & set(parts)]
    if sided:
        verb = "names" if len(sided) == 1 else "name"
        return f"{_quoted(sided)} {verb} a side, and mirroring turns left into right while the label stays."
    for kind, is_of_kind in (("digits", _is_digit), ("letters", _is_letter)):
        found = [name for name, parts in zip(class_names, words, strict=True) if is_of_kind(parts)]
        if len(found) > 1 and len(found) >= MIN_SHARE * len(class_names):
            return f"{_quoted(found)} look like {kind}, and a mirrored one is another or none while the label stays."
    return None


def _words(name: str) -> list[str]:
    """The words of a name in lower case: turnLeft, turn_left and "Turn left" are alike."""
    apart = re.sub(r"(?<=[a-z])(?=[A-Z])", " ", name)
    return [word.lower() for word in re.findall(r"[^\W\d_]+|\d+", apart)]


def _is_digit(words: list[str]) -> bool:
    rest = [word for word in words if word not in KINDS]
    return len(rest) == 1 and (rest[0].isdecimal() or rest[0] in NUMBER_WORDS)


def _is_letter(words: list[str]) -> bool:
    rest = [word for word in words if word not in KINDS]
    return len(rest) == 1 and len(rest[0]) == 1 and rest[0].isalpha()


def _quoted(names: Sequence[str]) -> str:
    return " and ".join(f'"{name}"' for name in names[:2])
