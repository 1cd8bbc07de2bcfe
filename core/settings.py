"""Where work is kept and how far input may go: the few facts every room shares."""

from __future__ import annotations

import math
import os
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from core.errors import ConfigurationError

PRODUCT = "Headstart"
DEFAULT_SEED = 0

MAX_COMPRESSION_RATIO = 200
"""An archive, or a large entry of one, that grows more than this when unpacked is taken for a bomb."""

MAX_CLASS_NAME_CHARS = 200

PEOPLE_FOLDER = "people"
"""Below the workspace of a server where people sign in: a workspace for each of them."""

WORKSPACE_VARIABLE = "HEADSTART_WORKSPACE"
MB, GB = 10**6, 10**9


@dataclass(frozen=True, kw_only=True, slots=True)
class Limit:
    """How far something may go; whoever runs the program may set it in the environment.

    Attributes:
        name: permanent.
        variable: of the environment.
        default: where the variable is not set, in `unit`.
        minimum: smallest value it may be set to.
        maximum: largest value it may be set to.
        unit: what is counted, plural.
        scale: what one unit is in bytes, pixels or pieces.
        help: what happens there, a sentence.
    """

    name: str
    variable: str
    default: int
    minimum: float
    maximum: float
    unit: str
    scale: int = 1
    help: str


LIMITS: tuple[Limit, ...] = (
    Limit(
        name="upload",
        variable="HEADSTART_MAX_UPLOAD_MB",
        default=2_048,
        minimum=1,
        maximum=1_000_000,
        unit="MB",
        scale=MB,
        help="One upload in the browser, all its files together; the command line reads larger data from the disk.",
    ),
    Limit(
        name="samples",
        variable="HEADSTART_MAX_SAMPLES",
        default=2_000_000,
        minimum=10,
        maximum=100_000_000,
        unit="samples",
        help="Images or texts of one dataset, and inputs scored together.",
    ),
    Limit(
        name="classes",
        variable="HEADSTART_MAX_CLASSES",
        default=10_000,
        minimum=2,
        maximum=1_000_000,
        unit="classes",
        help="Classes of one dataset; more are rather texts or numbers than labels.",
    ),
    Limit(
        name="pixels",
        variable="HEADSTART_MAX_MEGAPIXELS",
        default=100,
        minimum=1,
        maximum=2_000,
        unit="megapixels",
        scale=10**6,
        help="Width times height of an image; larger ones are skipped before they are decoded.",
    ),
    Limit(
        name="text",
        variable="HEADSTART_MAX_TEXT_CHARS",
        default=100_000,
        minimum=10,
        maximum=10_000_000,
        unit="characters",
        help="One text; longer ones are cut, because networks read only the beginning.",
    ),
    Limit(
        name="texts",
        variable="HEADSTART_MAX_TEXTS_MB",
        default=2_000,
        minimum=1,
        maximum=1_000_000,
        unit="MB",
        scale=MB,
        help="All texts of one dataset together, which are read into memory.",
    ),
    Limit(
        name="table",
        variable="HEADSTART_MAX_TABLE_MB",
        default=2_000,
        minimum=1,
        maximum=1_000_000,
        unit="MB",
        scale=MB,
        help="One table, unpacked; it is read into memory.",
    ),
    Limit(
        name="archive_files",
        variable="HEADSTART_MAX_ARCHIVE_FILES",
        default=1_000_000,
        minimum=1,
        maximum=100_000_000,
        unit="files",
        help="Files in one zip.",
    ),
    Limit(
        name="archive",
        variable="HEADSTART_MAX_ARCHIVE_GB",
        default=50,
        minimum=0.001,
        maximum=1_000_000,
        unit="GB",
        scale=GB,
        help="What one zip says it unpacks to.",
    ),
    Limit(
        name="queue",
        variable="HEADSTART_MAX_QUEUE",
        default=50,
        minimum=1,
        maximum=10_000,
        unit="runs",
        help="Runs that wait for their turn.",
    ),
    Limit(
        name="workspace",
        variable="HEADSTART_MAX_WORKSPACE_GB",
        default=200,
        minimum=0.001,
        maximum=1_000_000,
        unit="GB",
        scale=GB,
        help="All that is kept in the workspace; beyond it nothing is added and no run is started.",
    ),
    Limit(
        name="cache",
        variable="HEADSTART_CACHE_GB",
        default=20,
        minimum=0.001,
        maximum=1_000_000,
        unit="GB",
        scale=GB,
        help="Decoded images, features and converted networks in the workspace; the longest unused go first.",
    ),
)

_BY_NAME = {row.name: row for row in LIMITS}


def limit(name: str) -> int:
    """How far something may go, in bytes, pixels or pieces; read from the environment whenever it is asked.

    Raises:
        ConfigurationError: the variable holds no number, or one out of bounds.
    """
    return _read(name, os.environ.get(_BY_NAME[name].variable, ""))


def require_limits() -> None:
    """Raises ConfigurationError where a variable of one of the limits holds what it must not; for the start."""
    for row in LIMITS:
        limit(row.name)


def limit_words(name: str) -> str:
    """The same for people, such as "2,000 MB"."""
    row = _BY_NAME[name]
    return f"{limit(name) / row.scale:,.12g} {row.unit}"


def limit_remedy(name: str, instead: str) -> str:
    """What to do at a limit: one thing without changing it, or which variable to raise.

    Args:
        name: of the row.
        instead: half a sentence, such as "Use a part of the data".
    """
    return f"{instead}, or raise {_BY_NAME[name].variable}: {limit_words(name)} is the limit here."


@lru_cache(maxsize=64)
def _read(name: str, written: str) -> int:
    row = _BY_NAME[name]
    if not written.strip():
        return row.default * row.scale
    try:
        value = float(written)
    except ValueError:
        value = math.nan
    if not row.minimum <= value <= row.maximum:
        raise ConfigurationError(
            f"{row.variable} must be a number of {row.unit} from {row.minimum:,.12g} to {row.maximum:,.12g}; "
            f'found "{written[:40]}".',
            f"Set it to a number, such as {row.variable}={row.default}, or remove it.",
        )
    return round(value * row.scale)


def workspace_dir() -> Path:
    """The folder all work is kept in: HEADSTART_WORKSPACE, else `workspace/` where the program was started."""
    return Path(os.environ.get(WORKSPACE_VARIABLE) or "workspace").expanduser().resolve()


def machine_dir(workspace: Path) -> Path:
    """Where lies what belongs to the machine and tells of nobody's data: the workspace, or the one above a person's."""
    return workspace.parent.parent if workspace.parent.name == PEOPLE_FOLDER else workspace
