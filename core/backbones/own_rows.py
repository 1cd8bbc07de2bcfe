"""Weights from a person's own files: where they lie in the workspace, and the rows they make. No torch."""

from __future__ import annotations

import json
import re
import secrets
import shutil
from collections.abc import Collection
from dataclasses import asdict, replace
from pathlib import Path

from core.backbones.hub import WEIGHTS_FILE, own_folder
from core.backbones.records import BackboneRow, OwnWeights
from core.errors import UnknownChoiceError
from core.settings import workspace_dir

OWN_PREFIX = "own:"
DESCRIPTION_FILE = "own.json"
LEARNED_FILE = "learned.json"
OWN_FILES = (WEIGHTS_FILE, DESCRIPTION_FILE, LEARNED_FILE)
"""What the folder of one may hold: the last only where a run made the weights."""

_ID = re.compile(r"own:[0-9a-f]{8}", re.ASCII)
_MAX_FILE_NAME_CHARS = 60


def list_own_weights() -> tuple[OwnWeights, ...]:
    """All that were taken in, by id; folders that are incomplete or damaged are left out."""
    files = sorted((workspace_dir() / "weights").glob(f"own--*/{WEIGHTS_FILE}"))
    found = [find_own_weights(file.parent.name.replace("--", ":")) for file in files]
    return tuple(own for own in found if own is not None)


def find_own_weights(own_id: str) -> OwnWeights | None:
    """What is known of one file; None where no such file was taken in, or its description is damaged."""
    own = _read(own_folder(own_id) / DESCRIPTION_FILE) if _ID.fullmatch(own_id) else None
    return own if own is not None and own.id == own_id else None


def read_own_weights(own_id: str) -> OwnWeights:
    """As `find_own_weights`; raises UnknownChoiceError where there is none."""
    own = find_own_weights(own_id)
    if own is None:
        raise UnknownChoiceError("file of your own", own_id, [other.id for other in list_own_weights()])
    return own


def remove_own_weights(own_id: str) -> None:
    """Deletes what was taken in; the file that the person brought is not touched.

    Raises:
        UnknownChoiceError: no such file was taken in.
    """
    folder = own_folder(read_own_weights(own_id).id)
    # renamed first, so that nobody finds half of it
    leaving = folder.rename(folder.with_name(f".leaving-{secrets.token_hex(8)}"))
    shutil.rmtree(leaving, ignore_errors=True)


def own_row(own: OwnWeights, base: BackboneRow) -> BackboneRow:
    """The row of the network that the weights are for, with what is different about it."""
    return replace(
        base,
        id=own.id,
        title=own_title(own, base.title),
        licence=base.licence if own.run_id else "whatever holds for your file",
        download_mb=own.size_mb,
        advice=(
            f"What a run of yours made of {base.title}; its stages go on from there, below a new head."
            if own.run_id
            else f"Weights from a file of yours; what enters is prepared as {base.title} expects it."
        ),
        base=base.id,
    )


def own_title(own: OwnWeights, base_title: str) -> str:
    """How the row is called."""
    return f"{base_title} from {own.file_name[:_MAX_FILE_NAME_CHARS]}"


def write_own_weights(own: OwnWeights, folder: Path, learned: Collection[str] = ()) -> None:
    """Writes the description that `read_own_weights` reads, and the ids of the samples that the weights know."""
    (folder / DESCRIPTION_FILE).write_text(json.dumps(asdict(own)), encoding="utf-8")
    if learned:
        (folder / LEARNED_FILE).write_text(json.dumps(sorted(learned)), encoding="utf-8")


def describe_own_folder(folder: Path) -> OwnWeights | None:
    """What a folder says of the weights in it; None where it says nothing that can be read."""
    return _read(folder / DESCRIPTION_FILE)


def read_learned(folder: Path) -> frozenset[str]:
    """Ids of the samples that the weights in a folder were trained on here; none where they came from elsewhere."""
    try:
        stored = json.loads((folder / LEARNED_FILE).read_text(encoding="utf-8"))
    except FileNotFoundError:
        return frozenset()
    if not isinstance(stored, list) or not all(isinstance(one, str) for one in stored):
        raise ValueError(f"{LEARNED_FILE} must hold a list of ids")
    return frozenset(stored)


def _read(file: Path) -> OwnWeights | None:
    try:
        return OwnWeights(**json.loads(file.read_text(encoding="utf-8")))
    except (OSError, ValueError, TypeError):
        return None
