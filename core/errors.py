"""The errors a person can put right, each with the rule, what was found and what to do."""

from __future__ import annotations

import difflib
import errno
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path

from core.shown import shown_name

_FULL = (errno.ENOSPC, getattr(errno, "EDQUOT", errno.ENOSPC))
_FULL_WORDS = ("No space left on device", "failed writing file", "unexpected pos", "basic_ios::clear: iostream error")
"""Of libraries that write files in C++ or Rust: safetensors, torch (whose archive came out too short) and OpenVINO."""

_READ_ONLY_WORDS = "Read-only file system"

_MEMORY_WORDS = ("can't allocate memory", "not enough memory", "out of memory", "std::bad_alloc")


MAX_MESSAGE_CHARS, MESSAGE_PART = 2_000, 900


class UserError(Exception):
    """Something the person at the screen can put right; safe to show as it is.

    Args:
        problem: the rule and what was found, one sentence or a few; names in it may be whatever a person gave.
        remedy: what to do about it, one sentence.
    """

    code = "user_error"

    def __init__(self, problem: str, remedy: str) -> None:
        problem, remedy = _bounded(problem), _bounded(remedy)
        super().__init__(problem, remedy)
        self.problem = problem
        self.remedy = remedy

    def __str__(self) -> str:
        return f"{self.problem} {self.remedy}"


def _bounded(text: str) -> str:
    """Safe to show; of an endless name only its beginning and the end of the sentence are left."""
    shown = shown_name(text)
    return shown if len(shown) <= MAX_MESSAGE_CHARS else f"{shown[:MESSAGE_PART]} ... {shown[-MESSAGE_PART:]}"


class DatasetError(UserError):
    """The files handed over cannot become a dataset."""

    code = "dataset"


class ConfigurationError(UserError):
    """The chosen settings contradict each other or lie outside their bounds."""

    code = "configuration"


class UnknownChoiceError(UserError):
    """A name that no catalogue has; the message carries the nearest one that exists.

    Args:
        kind: what was asked for, singular: "backbone", "run", "stage".
        found: the name that was given.
        choices: the names that exist.
    """

    code = "unknown_choice"

    def __init__(self, kind: str, found: str, choices: Iterable[str]) -> None:
        names = list(choices)
        near = difflib.get_close_matches(found, names, n=1, cutoff=0.4)
        shown = found if len(found) <= 60 else found[:57] + "..."
        if near:
            remedy = f'Did you mean "{near[0]}"?'
        elif names:
            remedy = "Choose one of: " + ", ".join(names[:12]) + (" ..." if len(names) > 12 else "") + "."
        else:
            remedy = f"There is no {kind} yet."
        super().__init__(f'There is no {kind} named "{shown}".', remedy)


class MissingWeightsError(UserError):
    """A backbone's pretrained weights are not on this machine and could not be fetched."""

    code = "missing_weights"


class OutOfResourcesError(UserError):
    """Memory or disk did not suffice."""

    code = "out_of_resources"


class RunFolderError(UserError):
    """A run's folder cannot be used now: another program holds it, or its files are damaged."""

    code = "run_folder"


@contextmanager
def writing_for_person(file: Path) -> Iterator[None]:
    """Around the writing of a file that a person named: what prevents it becomes an error that they can put right.

    Raises:
        OutOfResourcesError: the file could not be written.
    """
    try:
        yield
    except OSError as error:
        if lack := lack_of(error):
            raise lack from error
        raise OutOfResourcesError(
            f'The file "{file.name}" could not be written.', "Choose a folder that exists and has room."
        ) from error


def lack_of(error: BaseException) -> UserError | None:
    """What a person can do about an error that is the machine's rather than ours; None for any other.

    Args:
        error: of any library; what caused it is looked at, too.
    """
    if is_out_of_memory(error):
        return OutOfResourcesError(
            "The memory of this machine did not suffice.",
            "Choose a smaller batch size or image size, or freeze more stages.",
        )
    if (place := _unwritable(error)) is not None:
        return OutOfResourcesError(
            f"Work is kept on disk; {place} cannot be written to.",
            "Make it writable, or name another workspace with HEADSTART_WORKSPACE or --workspace.",
        )
    if is_out_of_disk(error):
        return OutOfResourcesError(
            "The disk that holds the workspace is full.",
            "Free some space (the workspace's cache folder may be deleted at any time), then go on where this ended: "
            "a run can be resumed.",
        )
    return None


def is_out_of_memory(error: BaseException) -> bool:
    """Whether main or device memory did not suffice."""
    return any(
        isinstance(one, MemoryError)
        or type(one).__name__ == "OutOfMemoryError"  # torch's, which is not imported for its name
        or (isinstance(one, RuntimeError) and any(words in str(one) for words in _MEMORY_WORDS))
        for one in _chain(error)
    )


def is_out_of_disk(error: BaseException) -> bool:
    """Whether the disk is full or the person's share of it is used up."""
    return any(
        (isinstance(one, OSError) and (one.errno in _FULL or _is_short_write(one)))
        or any(words in str(one) for words in _FULL_WORDS)
        for one in _chain(error)
    )


def _is_short_write(error: OSError) -> bool:
    """NumPy's words for it, which come without a number."""
    return error.errno is None and "requested and" in str(error) and str(error).endswith("written")


def _unwritable(error: BaseException) -> str | None:
    """The file or folder that refuses to be written to, in words."""
    for one in _chain(error):
        if isinstance(one, PermissionError) or _READ_ONLY_WORDS in str(one):
            file = getattr(one, "filename", None)
            return f'"{file}"' if file else "the workspace"
    return None


def _chain(error: BaseException) -> Iterator[BaseException]:
    """The error and those it came from, nearest first."""
    seen: set[int] = set()
    one: BaseException | None = error
    while one is not None and id(one) not in seen:
        seen.add(id(one))
        yield one
        one = one.__cause__ or (None if one.__suppress_context__ else one.__context__)
