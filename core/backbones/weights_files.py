"""Reads files of weights that people bring: nothing in them is executed, nothing believed unchecked."""

from __future__ import annotations

import pickle
import struct
from pathlib import Path
from typing import BinaryIO

import safetensors.torch
import torch
from torch import Tensor

from core.backbones.torch_files import PICKLE_BEGINNINGS, ZIP_BEGINNING, require_harmless
from core.errors import ConfigurationError

MAX_FILE_BYTES = 4 * 10**9
"""The largest row of the catalogue takes 1.1 GB, and a checkpoint may keep what its optimiser needs beside it."""

MAX_HEADER_BYTES = 8 * 1024**2
"""What a .safetensors file says before its numbers: about a hundred bytes per tensor."""

_WRAPPERS = ("state_dict", "model_state_dict", "model", "net", "network", "ema", "weights")
"""Under which of its names a checkpoint may keep the tensors."""

_N_WRAPPERS = 3

_DAMAGE = (
    ArithmeticError,
    AssertionError,
    AttributeError,
    EOFError,
    LookupError,
    MemoryError,
    OSError,
    RuntimeError,
    TypeError,
    ValueError,
    struct.error,
    safetensors.SafetensorError,
)
"""What torch and safetensors raise over files that nobody's program wrote."""


def read_weights_file(file: Path) -> dict[str, Tensor]:
    """The named tensors of a file; what else a checkpoint holds (optimiser, epoch) is left out.

    Args:
        file: safetensors, or a file of `torch.save`; told apart by their content, whatever they are called.

    Raises:
        ConfigurationError: the file is neither, is damaged, or holds something that would have to be executed.
    """
    try:
        with file.open("rb") as content:
            _require_size(content)
            tensors = _tensors_in(_load(file, content))
    except pickle.UnpicklingError as error:
        raise ConfigurationError(
            "A file of weights may hold nothing but tensors, because anything else would have to be executed to be "
            "read; this one holds other Python objects.",
            "Save the state_dict alone, best as .safetensors.",
        ) from error
    except _DAMAGE as error:
        raise ConfigurationError(
            "The file is neither .safetensors nor what torch.save writes, or it is damaged.",
            "Save the network's state_dict again, best as .safetensors.",
        ) from error
    if not tensors:
        raise ConfigurationError(
            "The file holds no named tensors.", f"Save the network's state_dict, as it is or under {_WRAPPERS[0]}."
        )
    return tensors


def _require_size(content: BinaryIO) -> None:
    n_bytes = content.seek(0, 2)
    content.seek(0)
    if n_bytes > MAX_FILE_BYTES:
        raise ConfigurationError(
            f"A file of weights may have {MAX_FILE_BYTES / 1e9:.0f} GB; this one has {n_bytes / 1e9:.1f} GB.",
            "Save the state_dict alone, without what the optimiser keeps.",
        )


def _load(file: Path, content: BinaryIO) -> object:
    beginning = content.read(9)
    content.seek(0)
    if beginning[8:] == b"{":  # behind its length, which may look like the beginning of anything
        if int.from_bytes(beginning[:8], "little") > MAX_HEADER_BYTES:
            raise ValueError("its header is absurdly long")
        return safetensors.torch.load_file(file)
    if not beginning.startswith((ZIP_BEGINNING, *PICKLE_BEGINNINGS)):
        raise ValueError("it begins like neither")
    require_harmless(content)
    # torch is given no name, because it would believe the ending of one
    return torch.load(content, map_location="cpu", weights_only=True)


def _tensors_in(found: object, depth: int = 0) -> dict[str, Tensor]:
    """The named tensors of what was loaded, or of that of its wrappers that holds the most; a count may lie beside."""
    if not isinstance(found, dict) or depth > _N_WRAPPERS:
        return {}
    # detached: one tensor under two names becomes two, which can be told apart
    own = {name: one.detach() for name, one in found.items() if isinstance(name, str) and _is_plain(one)}
    wrapped = [_tensors_in(found[name], depth + 1) for name in _WRAPPERS if name in found]
    return max([own, *wrapped], key=len)


def _is_plain(found: object) -> bool:
    """Whether it is a tensor that holds its numbers itself, in memory, as those of networks do."""
    return (
        isinstance(found, Tensor)
        and found.device.type == "cpu"
        and found.layout == torch.strided
        and not (found.is_nested or found.is_quantized or found.is_complex())
    )
