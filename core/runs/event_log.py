"""The history of a run: one JSON line per event, appended, and readable after any crash."""

from __future__ import annotations

import json
import os
from collections.abc import Iterable
from pathlib import Path
from typing import BinaryIO

from core.atomic import replace_bytes
from core.errors import RunFolderError
from core.training.events import StoredEvent, event_from_json, event_to_json


def append_event(path: Path, event: StoredEvent) -> None:
    """Add one event at the end and bring it to the disk; a torn last line is cut off before that."""
    with path.open("ab+") as file:
        _cut_torn_line(file)
        file.write(_line(event))
        file.flush()
        os.fsync(file.fileno())


def read_events(path: Path) -> tuple[StoredEvent, ...]:
    """All events in order, none where there is no file yet; a last line that was being written is left out.

    Raises:
        RunFolderError: a line before the last one cannot be read.
    """
    if not path.exists():
        return ()
    lines = path.read_bytes().split(b"\n")[:-1]  # what follows the last newline is empty or torn
    return tuple(_parse(line, number, path) for number, line in enumerate(lines, start=1))


def rewrite_events(path: Path, events: Iterable[StoredEvent]) -> None:
    """Put exactly `events` in the place of the history, all or nothing."""
    replace_bytes(path, b"".join(_line(event) for event in events))


def _line(event: StoredEvent) -> bytes:
    return json.dumps(event_to_json(event)).encode() + b"\n"


def _cut_torn_line(file: BinaryIO) -> None:
    file.seek(0)
    content = file.read()
    if not content.endswith(b"\n"):
        file.truncate(content.rfind(b"\n") + 1)


def _parse(line: bytes, number: int, path: Path) -> StoredEvent:
    try:
        return event_from_json(dict(json.loads(line)))
    except (ValueError, KeyError, TypeError) as error:
        raise RunFolderError(
            f"Line {number} of {path.name} in run {path.parent.name} must be an event; it cannot be read.",
            "Start a new run with the same settings.",
        ) from error
