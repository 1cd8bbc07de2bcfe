"""One file that holds many, each with its checksum: written in one pass, and believed only after all was checked."""

from __future__ import annotations

import hashlib
import json
import re
import shutil
import zipfile
import zlib
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import IO, Any

from core.datasets.archives import require_within_limits, why_left_out
from core.errors import ConfigurationError, OutOfResourcesError

FORMAT = 1
"""Counts up when a reader of the old form would misread the new one."""

MANIFEST = "manifest.json"
MAX_MANIFEST_BYTES = 256 * 1024**2
CHUNK_BYTES = 1024**2
COMPRESSED = (".json", ".jsonl")
"""Endings that shrink; pictures, weights and Parquet hardly do."""

_EPOCH = (1980, 1, 1, 0, 0, 0)
_READ_ERRORS = (OSError, EOFError, RuntimeError, ValueError, zipfile.BadZipFile, zlib.error)

Progress = Callable[[str, int, int], None]


@dataclass(frozen=True, kw_only=True, slots=True)
class PackedMember:
    """A file in it: its name, its size in bytes and its SHA-256 in hexadecimal digits."""

    name: str
    size: int
    sha256: str


@dataclass(frozen=True, kw_only=True, slots=True)
class PackedContent:
    """What is in it.

    Attributes:
        kind: "run" or "workspace".
        created_at: ISO 8601, UTC.
        runs: ids, those that others were put together from before these.
        datasets: ids of the versions whose samples are in it.
        weights: ids of weights of a person's own.
        versions: of the packages it was made with, by name.
    """

    kind: str
    created_at: str
    runs: tuple[str, ...]
    datasets: tuple[str, ...]
    weights: tuple[str, ...]
    versions: dict[str, str]


def write_packed(
    file: Path, sources: Mapping[str, Path], content: PackedContent, *, on_progress: Progress = lambda *_: None
) -> None:
    """Write files into one, and what is in it last, when every checksum is known.

    Args:
        file: to write; whoever calls sees to it that no half of it is taken for whole.
        sources: by the name of each member, the file it is read from.
        content: what is in it.
        on_progress: told (step, members done, members in all); may raise to end it.
    """
    members = []
    with zipfile.ZipFile(file, "w", allowZip64=True) as archive:
        for number, (name, source) in enumerate(sources.items()):
            on_progress("Packing", number, len(sources))
            members.append(_add(archive, name, source))
        facts = {"format": FORMAT, **asdict(content), "members": [asdict(member) for member in members]}
        archive.writestr(_entry(MANIFEST), json.dumps(facts))


def extract_packed(
    file: Path, place: Path, allowed: Sequence[re.Pattern[str]], *, on_progress: Progress = lambda *_: None
) -> PackedContent:
    """Check every member and write it below a folder that nobody else looks at.

    Args:
        file: what somebody handed over; nothing in it is believed.
        place: an empty folder.
        allowed: what the name of a member must match as a whole, one of them; no other file is ever written.
        on_progress: as above.

    Raises:
        ConfigurationError: it is none of ours, of a later version, damaged, or holds what it should not.
        OutOfResourcesError: the disk has no room for it.
    """
    try:
        with zipfile.ZipFile(file) as archive:
            content, members = _read_manifest(archive)
            _require_expected(archive, members, allowed)
            _require_room(place, sum(member.size for member in members))
            for number, member in enumerate(members):
                on_progress("Checking", number, len(members))
                _extract(archive, member, place / member.name)
    except (zipfile.BadZipFile, zlib.error, EOFError, RuntimeError) as error:  # the last: unknown methods, too
        raise _damaged("it cannot be read as an archive") from error
    return content


def _add(archive: zipfile.ZipFile, name: str, source: Path) -> PackedMember:
    digest, size = hashlib.sha256(), 0
    with source.open("rb") as stream, archive.open(_entry(name), "w", force_zip64=True) as target:
        while block := stream.read(CHUNK_BYTES):
            digest.update(block)
            size += len(block)
            target.write(block)
    return PackedMember(name=name, size=size, sha256=digest.hexdigest())


def _entry(name: str) -> zipfile.ZipInfo:
    entry = zipfile.ZipInfo(name, date_time=_EPOCH)
    entry.compress_type = zipfile.ZIP_DEFLATED if name.endswith(COMPRESSED) else zipfile.ZIP_STORED
    return entry


def _read_manifest(archive: zipfile.ZipFile) -> tuple[PackedContent, tuple[PackedMember, ...]]:
    try:
        entry = archive.getinfo(MANIFEST)
        if entry.file_size > MAX_MANIFEST_BYTES or why_left_out(entry, MANIFEST):
            raise _damaged("its list of files is too long")
        facts: dict[str, Any] = json.loads(archive.read(entry))
        if facts["format"] != FORMAT:
            raise ConfigurationError(
                f"The file is of format {str(facts['format'])[:20]}; this version reads format {FORMAT}.",
                "Open it with the version that packed it, or a later one.",
            )
        members = tuple(_member(**one) for one in facts["members"])
        content = PackedContent(
            kind=_text(facts["kind"]),
            created_at=_text(facts["created_at"]),
            runs=tuple(map(_text, facts["runs"])),
            datasets=tuple(map(_text, facts["datasets"])),
            weights=tuple(map(_text, facts["weights"])),
            versions={_text(name): _text(version) for name, version in facts["versions"].items()},
        )
        return content, members
    except (KeyError, TypeError, AttributeError, *_READ_ERRORS) as error:
        raise ConfigurationError(
            "A packed run or workspace has a list of its files with their checksums; this file has none.",
            "Choose a file that was packed here or with the command `pack`.",
        ) from error


def _member(*, name: str, size: int, sha256: str) -> PackedMember:
    if not isinstance(size, int) or size < 0:
        raise ValueError("a size is a whole number")
    return PackedMember(name=_text(name), size=size, sha256=_text(sha256))


def _text(value: object) -> str:
    if not isinstance(value, str):
        raise TypeError("a text was expected")
    return value


def _require_expected(
    archive: zipfile.ZipFile, members: Iterable[PackedMember], allowed: Sequence[re.Pattern[str]]
) -> None:
    """The archive holds exactly what its manifest lists, each once, under a name that is one of ours."""
    entries = archive.infolist()
    require_within_limits("the file", entries, sum(entry.compress_size for entry in entries))
    names = [entry.filename for entry in entries]
    listed = [MANIFEST, *(member.name for member in members)]
    if len(set(names)) != len(names) or sorted(names) != sorted(listed):
        raise _damaged("it does not hold exactly the files that it lists")
    for entry in entries:
        if entry.filename != MANIFEST and not any(pattern.fullmatch(entry.filename) for pattern in allowed):
            raise _damaged(f'it holds "{_printable(entry.filename)}", which belongs to no run and no dataset')
        if reason := why_left_out(entry, entry.filename):
            raise _damaged(f'"{_printable(entry.filename)}" is {reason}')


def _printable(name: str) -> str:
    return "".join(letter if letter.isprintable() else "?" for letter in name[:80])


def _require_room(place: Path, n_bytes: int) -> None:
    free = shutil.disk_usage(place).free
    if free < n_bytes:
        raise OutOfResourcesError(
            f"Unpacked, the file takes {n_bytes / 1e9:.1f} GB; {free / 1e9:.1f} GB of the disk are free.",
            "Free some space and open it again.",
        )


def _extract(archive: zipfile.ZipFile, member: PackedMember, target: Path) -> None:
    target.parent.mkdir(parents=True, exist_ok=True)
    digest, size = hashlib.sha256(), 0
    with archive.open(member.name) as stream, target.open("wb") as file:
        while block := _read(stream):
            size += len(block)
            if size > member.size:
                break
            digest.update(block)
            file.write(block)
    if size != member.size or digest.hexdigest() != member.sha256:
        raise _damaged(f'"{member.name}" is not what was packed')


def _read(stream: IO[bytes]) -> bytes:
    try:
        return stream.read(CHUNK_BYTES)
    except (ValueError, zipfile.BadZipFile) as error:  # a checksum of the archive's own
        raise _damaged("a part of it is not what was packed") from error


def _damaged(reason: str) -> ConfigurationError:
    return ConfigurationError(
        f"The file cannot be opened: {reason}. Nothing was taken from it.", "Ask for it again, or pack it again."
    )
