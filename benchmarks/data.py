"""The datasets, which belong to others: they lie in a folder that whoever measures names."""

from __future__ import annotations

import os
from pathlib import Path

VARIABLE = "HEADSTART_BENCH_DATA"


class NotMeasurable(Exception):  # noqa: N818 - a fact about this machine, not an error
    """Something a measurement needs is not here; the message says what."""


def require_data(folder: Path | None, name: str) -> Path:
    """A file of the folder with the datasets.

    Args:
        folder: the folder; None for what the environment says.
        name: the file's path in it.

    Raises:
        NotMeasurable: no folder is named, or it lacks the file.
    """
    if folder is None:
        named = os.environ.get(VARIABLE)
        if not named:
            raise NotMeasurable(f"it needs {name}; name the folder that holds it: make bench BENCH_DATA=FOLDER")
        folder = Path(named)
    file = folder.expanduser() / name
    if not file.is_file():
        raise NotMeasurable(f"the folder with the datasets holds no {name}")
    return file.resolve()
