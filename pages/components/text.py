"""Words of other people made safe: nothing they wrote is read as markup."""

from __future__ import annotations

import re

_MARKUP = re.compile(r"([\\`*_{}\[\]<>()#+\-.!|~:$^=/&])")


def escape_markdown(text: str) -> str:
    """The text as Markdown that shows exactly its characters, on one line; also right for labels of widgets.

    Without it a class named `![](http://example.org/x.png)` would make the browser of whoever looks fetch that image.
    """
    return _MARKUP.sub(r"\\\1", " ".join(text.split()))


def shorten(text: str, max_chars: int) -> str:
    """The text on one line, cut with an ellipsis where it is longer than `max_chars`."""
    line = " ".join(text.split())
    return line if len(line) <= max_chars else line[: max_chars - 1].rstrip() + "…"
