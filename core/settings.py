"""Where work is kept and how far input may go: the few facts every room shares."""

from __future__ import annotations

import os
from pathlib import Path

PRODUCT = "Headstart"
DEFAULT_SEED = 0

MAX_IMAGE_PIXELS = 100_000_000
"""Images larger than this (width x height) are skipped; 100 megapixels covers every camera."""

MAX_ARCHIVE_ENTRIES = 1_000_000
MAX_ARCHIVE_BYTES = 50 * 1024**3
MAX_COMPRESSION_RATIO = 200
"""An archive entry that grows more than this when unpacked is taken for a bomb and skipped."""

CACHE_BUDGET_BYTES = 20 * 1024**3
"""Decoded images, features and converted networks may take this much disk; the longest unused go first."""

MAX_TEXT_CHARS = 100_000
MAX_CLASS_NAME_CHARS = 200

PEOPLE_FOLDER = "people"
"""Below the workspace of a server where people sign in: a workspace for each of them."""

WORKSPACE_VARIABLE = "HEADSTART_WORKSPACE"


def workspace_dir() -> Path:
    """The folder all work is kept in: HEADSTART_WORKSPACE, else `workspace/` where the program was started."""
    return Path(os.environ.get(WORKSPACE_VARIABLE) or "workspace").expanduser().resolve()


def machine_dir(workspace: Path) -> Path:
    """Where lies what belongs to the machine and tells of nobody's data: the workspace, or the one above a person's."""
    return workspace.parent.parent if workspace.parent.name == PEOPLE_FOLDER else workspace
