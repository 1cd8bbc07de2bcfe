"""Files of weights that would run something, lie about their sizes, or are no weights."""

from __future__ import annotations

import io
import json
import os
import pickle
import struct
import zipfile
from functools import lru_cache
from pathlib import Path
from random import Random

from tests.fuzz.mutation import damaged, good_images

SUFFIXES = (".pth", ".pt", ".bin", ".safetensors", ".ckpt", "")


class _Run:
    """A pickle that would leave a mark where it is loaded."""

    def __init__(self, rng: Random) -> None:
        self._call = rng.choice((
            (os.system, ("touch out-of-a-pickle",)),
            (eval, ("open('out-of-a-pickle', 'w')",)),
            (Path.touch, (Path("out-of-a-pickle"),)),
            (bytearray, (2**31,)),
        ))  # fmt: skip

    def __reduce__(self) -> tuple[object, tuple[object, ...]]:
        return self._call


def pickled(rng: Random) -> bytes:
    return pickle.dumps({"conv.weight": _Run(rng)}, protocol=rng.choice((0, 1, 2, 4, 5)))


def saved_pickle(rng: Random) -> bytes:
    import torch

    file = io.BytesIO()
    torch.save({"conv.weight": _Run(rng)}, file, _use_new_zipfile_serialization=rng.random() < 0.5)
    return file.getvalue()


def saved_damage(rng: Random) -> bytes:
    return damaged(rng, rng.choice(_good()))


def repacked(rng: Random) -> bytes:
    """torch's own archive with an entry that leads out, repeats, or unpacks to much."""
    file = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(_good()[1])) as old, zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as new:
        for name in old.namelist():
            data = (
                rng.choice((bytes(30_000_000), damaged(rng, old.read(name)))) if rng.random() < 0.3 else old.read(name)
            )
            new.writestr(name, data)
        for name in rng.sample(("../../out", "/out", "archive/data/0", "archive/DATA/0", "archive/code/x.py"), 2):
            new.writestr(name, b"x")
    return file.getvalue()


def operations(rng: Random) -> bytes:
    """Random words of the pickle language inside a good archive."""
    words = (b"(", b"t", b"\x85", b"\x86", b"\x87", b"}", b"]", b"R", b"b", b"s", b"u", b"q\0", b"h\0", b"Q", b"K\1",
             b"cos\nsystem\n", b"ctorch\nFloatStorage\n", b"cbuiltins\nbytearray\n", b"J\xff\xff\xff\x7f",
             b"X\xff\xff\xff\x7f", b"\x8a\xff", b"ctorch._utils\n_rebuild_tensor_v2\n", b"2", b"0", b"N")  # fmt: skip
    code = b"\x80\x02" + b"".join(rng.choices(words, k=rng.randint(1, 60))) + b"."
    file = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(_good()[1])) as old, zipfile.ZipFile(file, "w") as new:
        for name in old.namelist():
            new.writestr(name, code if name.endswith("data.pkl") else old.read(name))
    return file.getvalue()


def lying_header(rng: Random) -> bytes:
    """safetensors whose header says what is not there."""
    size = rng.choice((8, 2**31, 2**63, -1))
    entry = {
        "dtype": rng.choice(("F32", "F64", "BF16", "I8", "BOOL", "F8_E4M3", "X", "")),
        "shape": rng.choice(([2], [2**40], [2**31, 2**31], [], [0], [-1], [1] * 5_000, "2", None)),
        "data_offsets": rng.choice(([0, 8], [0, size], [size, 0], [8, 8], [0], [0.5, 8], None)),
    }
    header = json.dumps({rng.choice(("a", "", "../../out", "x" * 10_000)): entry, "b": rng.choice((entry, 3, []))})
    length = rng.choice((len(header), len(header), 0, 2**63, 100_000_000))
    return struct.pack("<Q", length) + header.encode() + bytes(16)


def no_weights(rng: Random) -> bytes:
    deep = b'{"a":' + b"[" * 199_995
    return rng.choice(
        (b"", good_images()[0], struct.pack("<Q", len(deep)) + deep, b"\x80\x02" * 3_000, b"PK\3\4" + bytes(99),
         rng.randbytes(300), b"\x93NUMPY\1\0" + bytes(100), b"\x89HDF\r\n\x1a\n" + bytes(99))
    )  # fmt: skip


@lru_cache(maxsize=1)
def _good() -> tuple[bytes, bytes, bytes]:
    import safetensors.torch
    import torch

    tensors = {"conv.weight": torch.arange(6.0).reshape(2, 3), "conv.bias": torch.ones(2)}
    files = [io.BytesIO(), io.BytesIO()]
    torch.save(tensors, files[0], _use_new_zipfile_serialization=False)
    torch.save(tensors, files[1])
    return safetensors.torch.save(tensors), files[1].getvalue(), files[0].getvalue()


MALICES = (pickled, saved_pickle, saved_damage, repacked, operations, lying_header, no_weights)
