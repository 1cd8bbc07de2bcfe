"""Answers on disk as JSON, each with the version of its form, so that no other version of this program misreads it."""

from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path
from typing import Any

from core.atomic import replace_bytes


def save_answer(file: Path, answer: Any, *, version: int) -> None:
    """Keep an answer in the place of the last one.

    Args:
        file: where; its folder is made where missing.
        answer: a dataclass whose fields are JSON types, records or tuples of these.
        version: of the record's form; to be raised when that changes.
    """
    text = json.dumps({"version": version, **asdict(answer)}, ensure_ascii=False)
    replace_bytes(file, text.encode())


def load_answer(file: Path, *, version: int) -> dict[str, Any] | None:
    """The fields of the last answer; None where there is none, or one of another version."""
    if not file.is_file():
        return None
    stored: dict[str, Any] = json.loads(file.read_text(encoding="utf-8"))
    return stored if stored.pop("version") == version else None
