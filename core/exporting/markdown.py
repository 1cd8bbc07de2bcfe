"""Words of other people in Markdown that others will render: nothing they wrote is read as markup."""

from __future__ import annotations

import re

WORD_JOINER = "\u2060"
_MARKUP = re.compile(r"([\\`*_\[\]<>#|~&!$])")
_LEADING = re.compile(r"^([-+=:]|\d+(?=[.)](?: |$)))")
_BEFORE_ADDRESS = re.compile(r"(?<=@)|(?<=www)(?=\.)|(?<=:)(?=//)", re.IGNORECASE)


def escape_markdown(text: str) -> str:
    """The text on one line as Markdown that shows exactly its characters.

    A backslash makes punctuation a literal (CommonMark, section 2.4), in table cells too; what opens a list or a rule
    matters at the beginning only. Renderers look for addresses after that, so a character without width parts them.
    """
    parted = _BEFORE_ADDRESS.sub(WORD_JOINER, " ".join(text.split()))
    escaped = _MARKUP.sub(r"\\\1", parted)
    return _LEADING.sub(lambda found: f"{WORD_JOINER}{found[0]}", escaped)


def markdown_table(header: list[str], rows: list[list[str]]) -> str:
    """A table of plain texts, which are escaped."""
    lines = [header, *rows]
    written = ["| " + " | ".join(escape_markdown(cell) for cell in line) + " |" for line in lines]
    return "\n".join([written[0], "|" + "---|" * len(header), *written[1:]])
