"""Where files come from: a folder, a zip or uploaded files, seen as one sorted list of entries."""

from __future__ import annotations

import lzma
import os
import struct
import zipfile
import zlib
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path, PurePosixPath
from typing import IO

from core.datasets.archives import (
    ARCHIVE_SUFFIXES,
    MAX_FOLDERS,
    MAX_NAME_CHARS,
    TOO_DEEP,
    member_name,
    require_within_limits,
    why_left_out,
)
from core.datasets.records import Skipped
from core.errors import DatasetError
from core.paths import is_file, is_folder
from core.shown import shown_name

JUNK_NAMES = frozenset({"__macosx", "thumbs.db", "desktop.ini"})
_READ_ERRORS = (
    OSError,
    EOFError,
    RuntimeError,
    ValueError,
    OverflowError,
    struct.error,
    zipfile.BadZipFile,
    zlib.error,
    lzma.LZMAError,
)
"""What `zipfile` and the file system raise for damaged, encrypted or unsupported members."""


@dataclass(frozen=True, kw_only=True, slots=True)
class UploadedFile:
    """A file already stored by us under a name of ours.

    Attributes:
        name: its relative name as the person knows it, such as "pets/cats/1.jpg"; never used as a path.
        path: where its bytes lie.
    """

    name: str
    path: Path


@dataclass(frozen=True, kw_only=True, slots=True)
class Entry:
    """One file that may hold samples.

    Attributes:
        name: relative name with forward slashes; for display and class names only.
        size: bytes it claims to have.
        open: opens it for reading.
    """

    name: str
    size: int
    open: Callable[[], IO[bytes]]

    @property
    def suffix(self) -> str:
        """Lower-case ending with its dot, such as ".jpg"; empty where there is none."""
        return PurePosixPath(self.name.rpartition("/")[2]).suffix.lower()

    @property
    def folders(self) -> tuple[str, ...]:
        """Names of the folders it lies in, outermost first."""
        return tuple(self.name.split("/")[:-1])

    def read(self, max_bytes: int) -> bytes | Skipped:
        """All bytes, or why they could not be had."""
        try:
            with self.open() as stream:
                data = stream.read(max_bytes + 1)
        except _READ_ERRORS:
            return Skipped(file=self.name, reason="the file is damaged and could not be read")
        if len(data) > max_bytes:
            return Skipped(file=self.name, reason=f"the file is larger than {max_bytes // 1024**2:,} MB")
        return data if data else Skipped(file=self.name, reason="the file is empty")

    def head(self, n_bytes: int = 16) -> bytes:
        """The first bytes, fewer or none where the file is short or damaged."""
        try:
            with self.open() as stream:
                return stream.read(n_bytes)
        except _READ_ERRORS:
            return b""


@dataclass(frozen=True, kw_only=True, slots=True)
class Listing:
    """What a source holds: its entries sorted by name, and what was left out at once."""

    name: str
    entries: tuple[Entry, ...]
    skipped: tuple[Skipped, ...]


@contextmanager
def open_source(source: Path | Sequence[UploadedFile]) -> Iterator[Listing]:
    """Lists a folder, a zip, a single file or uploaded files; entries can be read while the context is open.

    Raises:
        DatasetError: nothing is there, or the archive cannot be read or is beyond the limits.
    """
    with ExitStack() as stack:
        found = list(_walk(source, stack))
        entries = [item for item in found if isinstance(item, Entry) and not _is_junk(item.name)]
        skipped = [item for item in found if isinstance(item, Skipped) and not _is_junk(item.file)]
        if not entries and not skipped:
            raise DatasetError(
                f'A dataset needs files with samples; "{_title(source)}" holds none.',
                "Choose a folder or zip of class folders, or a table with texts and labels.",
            )
        yield Listing(
            name=_title(source),
            entries=tuple(sorted(entries, key=lambda entry: entry.name)),
            skipped=tuple(sorted(skipped, key=lambda item: item.file)),
        )


def _walk(source: Path | Sequence[UploadedFile], stack: ExitStack) -> Iterator[Entry | Skipped]:
    if not isinstance(source, Path):
        for upload in source:
            yield from _file(upload.path, upload.name, stack, wrap=True)
    elif is_folder(source):
        yield from _directory(source, prefix="")
    elif is_file(source):
        yield from _file(source, source.name, stack, wrap=False)
    else:
        raise DatasetError(f'There is no file or folder "{source}".', "Check the path and try again.")


def _directory(folder: Path, prefix: str) -> Iterator[Entry | Skipped]:
    try:
        items = sorted(os.scandir(folder), key=lambda item: item.name)
    except OSError:
        yield Skipped(file=shown_name(prefix or folder.name), reason="the folder may not be opened")
        return
    for item in items:
        name = shown_name(prefix + item.name)
        if _is_junk(item.name):
            continue
        if item.is_symlink():
            yield Skipped(file=name, reason="links to other places are not followed")
        elif item.is_dir() and name.count("/") >= MAX_FOLDERS:
            yield Skipped(file=name, reason=TOO_DEEP)
        elif item.is_dir():
            yield from _directory(Path(item.path), prefix=name + "/")
        elif not item.is_file():
            yield Skipped(file=name, reason="not a regular file")
        elif Path(name).suffix.lower() in ARCHIVE_SUFFIXES:
            yield Skipped(file=name, reason="an archive inside the folder; unpack it or choose it alone")
        else:
            yield Entry(name=name, size=item.stat().st_size, open=partial(_open_file, item.path))


def _file(path: Path, name: str, stack: ExitStack, *, wrap: bool) -> Iterator[Entry | Skipped]:
    shown = _clean_name(name)
    if not _is_archive(path, shown):
        yield Entry(name=shown, size=path.stat().st_size, open=partial(_open_file, path))
        return
    # Several uploaded zips ("cats.zip", "dogs.zip") keep apart when each stands for a folder.
    prefix = PurePosixPath(shown).stem + "/" if wrap else ""
    yield from _archive(path, shown, prefix, stack)


def _is_archive(path: Path, name: str) -> bool:
    suffix = PurePosixPath(name).suffix.lower()
    if suffix in ARCHIVE_SUFFIXES - {".zip"}:
        raise DatasetError(
            f'Archives must be zip files; "{name}" is not one.', "Pack the folder as a zip and try again."
        )
    if suffix == ".zip":
        return True
    if suffix in {".xlsx", ".xlsm"} or not zipfile.is_zipfile(path):
        return False
    try:
        with zipfile.ZipFile(path) as archive:
            return "[Content_Types].xml" not in archive.namelist()
    except _READ_ERRORS:  # only its end looks like a zip
        return False


def _archive(path: Path, name: str, prefix: str, stack: ExitStack) -> Iterator[Entry | Skipped]:
    try:
        archive = stack.enter_context(zipfile.ZipFile(path))
    except _READ_ERRORS as error:
        raise DatasetError(
            f'A zip must be complete to be read; "{name}" is damaged or no zip at all.',
            "Pack or download it again and retry.",
        ) from error
    members = [member for member in archive.infolist() if not member.filename.endswith("/")]  # names may be empty
    require_within_limits(name, members, path.stat().st_size)
    for member in members:
        shown = prefix + _clean_name(member_name(member))
        reason = why_left_out(member, shown)
        if reason:
            yield Skipped(file=shown[:MAX_NAME_CHARS], reason=reason)
        else:
            yield Entry(name=shown, size=member.file_size, open=partial(archive.open, member))


def _open_file(path: str | Path) -> IO[bytes]:
    return Path(path).open("rb")


def _clean_name(name: str) -> str:
    parts = [part for part in name.replace("\\", "/").split("/") if part not in {"", ".", ".."}]
    return shown_name("/".join(parts)) or "unnamed"


def _is_junk(name: str) -> bool:
    return any(part.startswith(".") or part.lower() in JUNK_NAMES for part in name.split("/"))


def _title(source: Path | Sequence[UploadedFile]) -> str:
    if isinstance(source, Path):
        return source.name if is_folder(source) else source.stem
    if not source:
        return "nothing"
    first = PurePosixPath(_clean_name(source[0].name))
    return first.parts[0] if len(first.parts) > 1 else first.stem
