"""Looks into a file of `torch.save` before torch reads it: what would fill the memory or end the process is refused.

`torch.load(weights_only=True)` runs no code of a file's, but it believes what the file says about sizes, and Python
hashes tuples in tuples however deep they lie and however often they repeat each other.
"""

from __future__ import annotations

import pickle
import pickletools
import re
from typing import BinaryIO

import torch

from core.errors import ConfigurationError

ZIP_BEGINNING = b"PK\x03\x04"
PICKLE_BEGINNINGS = (b"\x80\x02", b"\x80\x03", b"\x80\x04", b"\x80\x05")

MAX_PICKLE_BYTES = 8 * 1024**2
"""Names and shapes of a checkpoint take some hundred bytes per tensor."""

MAX_NESTED_VALUES = 10_000
"""In one tuple, and in those in it, and so on; checkpoints have some dozens."""

_STORAGE = re.compile(r"data/[0-9]+", re.ASCII)
_N_LEGACY_PICKLES = 5
"""Before torch wrote zips: a magic number, a version, the system, the object, the names of its storages."""

_TUPLES = {"TUPLE1": 1, "TUPLE2": 2, "TUPLE3": 3}
_TAKEN = {"APPEND": 1, "BUILD": 1, "SETITEM": 2, "POP": 1}


def require_harmless(content: BinaryIO) -> None:
    """Reads what describes the tensors, and nothing of it is made.

    Args:
        content: the file, at its beginning; left there.

    Raises:
        ConfigurationError: it would unpack to more than it is.
        pickle.UnpicklingError: it asks for objects that are no tensors.
        ValueError, RuntimeError, LookupError: it is damaged.
    """
    is_zip = content.read(len(ZIP_BEGINNING)) == ZIP_BEGINNING
    content.seek(0)
    if is_zip:
        _require_harmless_zip(content)
    else:
        for _ in range(_N_LEGACY_PICKLES):
            _require_harmless_pickle(content)
    content.seek(0)


def _require_harmless_zip(content: BinaryIO) -> None:
    # torch's own reader says the sizes: another one could be shown other contents than torch sees later
    reader = torch._C.PyTorchFileReader(content)
    names = reader.get_all_records()
    n_said = sum(reader.get_record_size(name) for name in names)
    n_bytes = content.seek(0, 2)
    if n_said > n_bytes:
        raise ConfigurationError(
            f"A file of weights unpacks to about what it takes on the disk; this one has {_in_mb(n_bytes)} and says it "
            f"unpacks to {_in_mb(n_said)}.",
            "Save the state_dict again with torch.save, which compresses nothing, or as .safetensors.",
        )
    for name in names:  # torch finds them in upper and lower case alike, so letters would allow one to be read often
        if name.lower().startswith("data/") and not _STORAGE.fullmatch(name):
            raise ValueError("its storages are not numbered")
    if reader.get_record_size("data.pkl") > MAX_PICKLE_BYTES:
        raise ValueError("the description of its tensors is absurdly long")
    _require_harmless_pickle(reader.get_record("data.pkl"))


def _require_harmless_pickle(pickled: bytes | BinaryIO) -> None:
    """Follows one pickle to its end without making any of its objects."""
    sizes = _Sizes()
    for operation, argument, position in pickletools.genops(pickled):
        if operation.name == "GLOBAL" and str(argument).endswith("bytearray"):
            raise pickle.UnpicklingError("a bytearray of any length is one number in a pickle")
        if sizes.follow(operation.name, argument) > MAX_NESTED_VALUES:
            raise ValueError("its values are nested absurdly")
        if (position or 0) > MAX_PICKLE_BYTES:
            raise ValueError("the description of its tensors is absurdly long")


class _Sizes:
    """How many values Python would visit to hash each value on a pickle's stack; of the stack only, nothing is made."""

    def __init__(self) -> None:
        self._stack: list[int] = []
        self._below: list[list[int]] = []
        self._memo: dict[object, int] = {}

    def follow(self, operation: str, argument: object) -> int:
        """The size of the last value after an operation; raises LookupError where the pickle makes no sense."""
        stack = self._stack
        if operation == "MARK":
            self._below.append(stack)
            self._stack = []
        elif operation in ("TUPLE", "SETITEMS", "APPENDS"):
            self._stack = self._below.pop()
            if operation == "TUPLE":
                self._stack.append(1 + sum(stack))
        elif operation in _TUPLES:
            self._stack[-_TUPLES[operation] :] = [1 + sum(stack[-_TUPLES[operation] :])]
        elif operation in ("REDUCE", "NEWOBJ"):
            self._stack[-2:] = [1 + stack[-1]]
        elif operation in _TAKEN:
            del self._stack[-_TAKEN[operation] :]
        elif operation.endswith("PUT"):
            self._memo[argument] = stack[-1]
        elif operation.endswith("GET"):
            stack.append(self._memo[argument])
        elif operation == "BINPERSID":
            stack[-1] = 1
        elif operation not in ("PROTO", "STOP", "FRAME", "MEMOIZE"):
            stack.append(1)
        return self._stack[-1] if self._stack else 0


def _in_mb(n_bytes: int) -> str:
    return f"{n_bytes / 1e6:,.1f} MB"
