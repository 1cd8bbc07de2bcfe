"""What people wrote, made safe to show: no terminal and no page may obey a name."""

from __future__ import annotations

import re

REPLACEMENT = "\ufffd"

_OBEYED = re.compile("[\x00-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069\ud800-\udfff]")
"""Control characters, line breaks, turns of the writing direction, and halves of characters, which no file takes."""

_OBEYED_IN_TEXTS = re.compile("(?![\n\t])" + _OBEYED.pattern)


def shown_name(name: str) -> str:
    """A name on one line, with a mark in the place of each character that a terminal or page would obey."""
    return _OBEYED.sub(REPLACEMENT, name)


def shown_text(text: str) -> str:
    """The same for text of several lines."""
    return _OBEYED_IN_TEXTS.sub(REPLACEMENT, text)


def escaped_json(text: str) -> str:
    """JSON with these characters spelt out, so that it means the same and can be printed."""
    return _OBEYED.sub(lambda found: f"\\u{ord(found[0]):04x}", text)
