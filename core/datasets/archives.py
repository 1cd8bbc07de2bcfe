"""What of a zip is believed: how much it may claim, which of its members are read, and what these are called."""

from __future__ import annotations

import stat
import zipfile
from pathlib import PurePosixPath

from core.errors import DatasetError
from core.settings import GB, MAX_COMPRESSION_RATIO, limit, limit_remedy, limit_words

ARCHIVE_SUFFIXES = frozenset({".zip", ".tar", ".gz", ".tgz", ".bz2", ".xz", ".7z", ".rar"})
SMALL_MEMBER_BYTES = 1024**2
"""Members up to this size are never taken for bombs: a plain-coloured bitmap shrinks a thousandfold."""

MAX_NAME_CHARS, MAX_FOLDERS = 4_096, 64
"""Of a name with its folders, which is as long as systems let them be, and of the folders a file lies in."""

TOO_DEEP = f"it lies more than {MAX_FOLDERS} folders deep"
MAX_BARE_BYTES = GB
"""What an archive may unpack to, however small it is."""


def require_within_limits(name: str, members: list[zipfile.ZipInfo], packed_bytes: int) -> None:
    """Raises DatasetError for an archive that claims more files or bytes than any may hold, or than it can hold."""
    n_bytes = sum(member.file_size for member in members)
    claims = f'"{name}" claims {len(members):,} files and {n_bytes / GB:.1f} GB'
    if len(members) > limit("archive_files"):
        raise DatasetError(
            f"A zip may hold up to {limit_words('archive_files')}; {claims}.",
            limit_remedy("archive_files", "Split the data or use a part of them"),
        )
    if n_bytes > limit("archive"):
        raise DatasetError(
            f"A zip may unpack to {limit_words('archive')}; {claims}.",
            limit_remedy("archive", "Split the data or use a part of them"),
        )
    if n_bytes > max(MAX_COMPRESSION_RATIO * packed_bytes, MAX_BARE_BYTES):
        raise DatasetError(
            f"A zip may unpack to {MAX_COMPRESSION_RATIO} times its size; {claims}, from {packed_bytes / GB:.3f} GB.",
            "If this is no mistake, unpack it and choose the folder.",
        )


def why_left_out(member: zipfile.ZipInfo, name: str) -> str | None:
    """Why a member of an archive is not read; None where it is."""
    if member.flag_bits & 0x1:
        return "protected by a password"
    mode = member.external_attr >> 16
    if stat.S_ISLNK(mode):
        return "links to other places are not followed"
    if stat.S_IFMT(mode) not in (0, stat.S_IFREG):
        return "not a regular file"
    if len(name) > MAX_NAME_CHARS:
        return f"its name has more than {MAX_NAME_CHARS:,} characters"
    if name.count("/") > MAX_FOLDERS:
        return TOO_DEEP
    if PurePosixPath(name).suffix.lower() in ARCHIVE_SUFFIXES:
        return "an archive inside the archive; unpack it first"
    grows = member.file_size > MAX_COMPRESSION_RATIO * max(1, member.compress_size)
    if grows and member.file_size > SMALL_MEMBER_BYTES:
        return f"grows more than {MAX_COMPRESSION_RATIO} times when unpacked"
    return None


def member_name(member: zipfile.ZipInfo) -> str:
    """The member's name; many programs write UTF-8 without saying so, which `zipfile` reads as code page 437."""
    if member.flag_bits & 0x800:
        return member.filename
    try:
        return member.filename.encode("cp437").decode("utf-8")
    except UnicodeError:
        return member.filename
