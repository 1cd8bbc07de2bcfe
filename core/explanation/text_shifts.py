"""Texts made harder on purpose: typing errors, case, punctuation, order, length."""

from __future__ import annotations

import string
from collections.abc import Callable, Sequence

import numpy as np

from core.arrays import IntArray
from core.explanation.shifts import Shift

MAX_TYPOS = 0.25
"""Share of the letters that are mistyped at full strength."""

NEIGHBOURS = {
    **dict(zip("qwertyuiop", "wertyuiopo", strict=True)),
    **dict(zip("asdfghjkl", "sdfghjklk", strict=True)),
    **dict(zip("zxcvbnm", "xcvbnmn", strict=True)),
}
"""A key beside each, on the keyboard of most countries; a letter without one is typed twice."""


def mistype(text: str, strength: float) -> str:
    """Some letters left out, typed twice, changed for the key beside them or for the letter behind; always the same."""
    letters = [place for place, letter in enumerate(text) if letter.isalpha()]
    typed = list(text)
    rng = np.random.default_rng(0)
    for place in _drawn(letters, MAX_TYPOS * strength):
        kind = rng.integers(4)
        if kind == 0:
            typed[place] = ""
        elif kind == 1:
            typed[place] = NEIGHBOURS.get(text[place].lower(), text[place] * 2)
        elif kind == 2 and place + 1 < len(text):
            typed[place], typed[place + 1] = typed[place + 1], typed[place]
        else:
            typed[place] *= 2
    return "".join(typed)


def lower(text: str, strength: float) -> str:
    """Small letters only, in a share of the words."""
    return _change_words(text, strength, str.lower)


def upper(text: str, strength: float) -> str:
    """Capital letters only, in a share of the words."""
    return _change_words(text, strength, str.upper)


def strip_punctuation(text: str, strength: float) -> str:
    """Without a share of the marks."""
    gone = set(_drawn([place for place, letter in enumerate(text) if letter in string.punctuation], strength))
    return "".join(letter for place, letter in enumerate(text) if place not in gone)


def shuffle_words(text: str, strength: float) -> str:
    """A share of the words, two at least, in another order."""
    words = text.split()
    places = _drawn(range(len(words)), max(strength, 2 / max(len(words), 1)))
    moved = np.roll(places, 1)  # each goes to the place of another, so that none stays where it was
    shuffled = list(words)
    for place, source in zip(places, moved, strict=True):
        shuffled[place] = words[source]
    return " ".join(shuffled)


def cut_short(text: str, strength: float) -> str:
    """Without its end; one word stays."""
    words = text.split()
    return " ".join(words[: max(1, round(len(words) * (1 - strength)))])


TEXT_SHIFTS: tuple[Shift[str], ...] = (
    Shift(id="typos", title="Typing errors", says="Typed in haste on a telephone.", apply=mistype),
    Shift(id="lower", title="Small letters", says="Nobody reached for the shift key.", apply=lower),
    Shift(id="upper", title="CAPITALS", says="Somebody is shouting.", apply=upper),
    Shift(id="punctuation", title="No punctuation", says="As people write in a chat.", apply=strip_punctuation),
    Shift(
        id="order", title="Words shuffled", says="Whether the answer reads, or only counts words.", apply=shuffle_words
    ),
    Shift(id="short", title="Cut short", says="Sent before it was finished.", apply=cut_short),
)
"""In the order in which they are shown."""


def _change_words(text: str, strength: float, change: Callable[[str], str]) -> str:
    """The text with a share of its words changed, its white space kept."""
    words = text.split(" ")
    for place in _drawn(range(len(words)), strength):
        words[place] = change(words[place])
    return " ".join(words)


def _drawn(places: Sequence[int], share: float) -> IntArray:
    """A share of the places in the order of a lot that is always the same; one at least where there is any."""
    n = min(len(places), max(1, round(len(places) * share)))
    return np.random.default_rng(1).permutation(np.array(places, dtype=np.int64))[:n]
