"""Names that people give: classes made safe to show, and words that mean train, val or test."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from functools import lru_cache

from core.datasets.records import SplitName
from core.errors import DatasetError
from core.settings import MAX_CLASS_NAME_CHARS

SPLIT_WORDS: dict[str, SplitName] = {
    "train": "train",
    "training": "train",
    "val": "val",
    "valid": "val",
    "validation": "val",
    "dev": "val",
    "test": "test",
    "testing": "test",
}
_FILLER = frozenset({"set", "data", "dataset", "images", "imgs", "split"})
_INTEGRAL = re.compile(r"([+-]?\d+)\.0+")
_HIDDEN = frozenset({"Cc", "Cf", "Cs"})
"""Unicode categories of control, zero-width, direction and surrogate characters."""

_INVISIBLE = re.compile(
    "[\u034f\u115f\u1160\u17b4\u17b5\u180b-\u180f\u2800\u3164\ufe00-\ufe0f\uffa0\U000e0000-\U000e0fff]"
)
"""Letters and marks that are drawn as nothing; names that differ in them alone look the same."""

_LOOKED_AT_CHARS = 4_096
"""Of a name; an endless one must neither take time nor stay in memory."""


@dataclass(frozen=True, kw_only=True, slots=True)
class RawSample:
    """One sample as a reader found it.

    Attributes:
        content: the bytes of an image file, or a text.
        class_name: its cleaned label, never empty.
        split: the split the data itself names, or None.
        source: where it came from, as the person knows it.
        group: what it belongs to, such as a person or a scene; None where the data do not say.
    """

    content: bytes | str
    class_name: str
    split: SplitName | None
    source: str
    group: str | None = None


def clean_class_name(name: str) -> str:
    """A label as it is kept: NFC, without hidden characters and outer spaces, of bounded length; 1.0 becomes 1."""
    return _cleaned(name[:_LOOKED_AT_CHARS])


def require_class_name(name: str) -> str:
    """The label as it is kept; raises DatasetError where it has nothing to show."""
    cleaned = clean_class_name(name)
    if not cleaned:
        raise DatasetError("A class needs a name; this one has nothing to show.", "Type a name.")
    return cleaned


def split_named(name: str) -> SplitName | None:
    """The split a folder or cell names outright ("Train", "validation set"), or None."""
    return _named(name[:_LOOKED_AT_CHARS])


def split_hinted(name: str) -> SplitName | None:
    """The one split that a longer name mentions ("seg_train", "train-00000-of-00001"), or None."""
    return _hinted(name[:_LOOKED_AT_CHARS])


@lru_cache(maxsize=65536)
def _cleaned(name: str) -> str:
    spaced = "".join(" " if char.isspace() else char for char in unicodedata.normalize("NFC", _INVISIBLE.sub("", name)))
    shown = "".join(char for char in spaced if unicodedata.category(char) not in _HIDDEN)
    shown = shown.strip()[:MAX_CLASS_NAME_CHARS].strip()
    integral = _INTEGRAL.fullmatch(shown)
    return integral.group(1) if integral else shown


@lru_cache(maxsize=65536)
def _named(name: str) -> SplitName | None:
    words = [word for word in _words(name) if word not in _FILLER]
    return SPLIT_WORDS.get(words[0]) if len(words) == 1 else None


@lru_cache(maxsize=65536)
def _hinted(name: str) -> SplitName | None:
    found = {SPLIT_WORDS[word] for word in _words(name) if word in SPLIT_WORDS}
    return found.pop() if len(found) == 1 else None


def _words(name: str) -> list[str]:
    return [word for word in re.split(r"[\W_]+", name.lower()) if word]
