"""Words of other people made safe: nothing they wrote is read as markup."""

from __future__ import annotations

import re

WORD_JOINER = "\u2060"
_MARKUP = re.compile(r"([\\`*_{}\[\]<>()#+\-.!|~:$^=/&])")
_AUTOMATIC = re.compile(
    r"(?<=:)(?=//)|(?<=www)(?=\.)|(?<=@)"  # addresses become links
    r"|(?<=-)(?=[->])|(?<=[<>~])(?=[-=])"  # arrows and signs become typography
    r"|(?<=:)(?=streamlit:)",
    re.IGNORECASE,
)


def escape_markdown(text: str) -> str:
    """The text as Markdown that shows exactly its characters, on one line; also right for labels of widgets.

    Without it a class named `![](http://example.org/x.png)` would make the browser of whoever looks fetch that image.
    What Streamlit replaces after it has read the Markdown, where a backslash no longer helps, is parted by a
    character without width.
    """
    parted = _AUTOMATIC.sub(WORD_JOINER, " ".join(text.split()))
    return _MARKUP.sub(r"\\\1", parted)


def shorten(text: str, max_chars: int) -> str:
    """The text on one line, cut with an ellipsis where it is longer than `max_chars`."""
    line = " ".join(text.split())
    return line if len(line) <= max_chars else line[: max_chars - 1].rstrip() + "…"
