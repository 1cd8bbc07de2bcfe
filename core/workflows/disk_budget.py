"""How much of the disk a workspace takes, and what is refused where that is all it may take."""

from __future__ import annotations

import shutil
from collections.abc import Sequence
from pathlib import Path

from core.datasets.entries import UploadedFile
from core.errors import OutOfResourcesError
from core.paths import files_below
from core.settings import GB, PEOPLE_FOLDER, limit, limit_remedy, limit_words
from core.workflows.workspace import Workspace

N_NAMED = 3

HOW_TO_FREE = "Delete datasets and runs that are not needed any more, or the folder cache, which costs time only"


def require_room(workspace: Workspace, needed_bytes: int = 0) -> None:
    """Raises OutOfResourcesError where a workspace would take more than the settings allow.

    Args:
        workspace: of one person.
        needed_bytes: what is about to be added, as far as that is known.
    """
    allowed = limit("workspace")
    if _disk_used_bytes(workspace.root) + needed_bytes <= allowed:
        return  # nothing on the disk can be larger than all that is on it
    parts = measure_parts(workspace)
    taken = sum(parts.values())
    if taken + needed_bytes <= allowed:
        return
    largest = sorted(parts, key=lambda name: -parts[name])[:N_NAMED]
    named = ", ".join(f"{name} {_in_gb(parts[name])}" for name in largest) or "nothing yet"
    more = f"; {_in_gb(needed_bytes)} more are asked for" if needed_bytes else ""
    raise OutOfResourcesError(
        f"A workspace may take {limit_words('workspace')}; this one takes {_in_gb(taken)} ({named}){more}.",
        limit_remedy("workspace", HOW_TO_FREE),
    )


def measure_parts(workspace: Workspace) -> dict[str, int]:
    """Bytes of each folder of a workspace by its name; other people's workspaces below it are not part of it."""
    if not workspace.root.is_dir():
        return {}
    parts = [part for part in workspace.root.iterdir() if part.name != PEOPLE_FOLDER]
    return {part.name: size_bytes(part) for part in parts}


def size_bytes(source: Path | Sequence[UploadedFile]) -> int:
    """Of a file, of all files in a folder, or of uploaded files; links are not followed, what vanishes is nothing."""
    if not isinstance(source, Path):
        return sum(size_bytes(file.path) for file in source)
    try:
        if source.is_dir() and not source.is_symlink():
            return sum(stat.st_size for _, stat in files_below(source))
        return source.lstat().st_size
    except OSError:
        return 0


def _disk_used_bytes(root: Path) -> int:
    place = next(folder for folder in (root, *root.parents) if folder.exists())
    return shutil.disk_usage(place).used


def _in_gb(n_bytes: int) -> str:
    return f"{n_bytes / GB:,.1f} GB" if n_bytes >= GB / 10 else f"{n_bytes / GB * 1000:,.1f} MB"
