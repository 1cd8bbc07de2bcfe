"""Files that people bring: what programs write is read, and what an attacker writes is refused and does nothing."""

import contextlib
import io
import json
import pickle
import struct
import time
import tracemalloc
import warnings
import zipfile
from pathlib import Path

import pytest
import safetensors.torch
import torch
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from core.backbones.weights_files import MAX_FILE_BYTES, read_weights_file
from core.errors import ConfigurationError

TENSORS = {"conv.weight": torch.arange(6.0).reshape(2, 3), "conv.bias": torch.tensor([1.0, 2.0])}


@pytest.fixture
def file(tmp_path):
    return tmp_path / "weights.pth"


def saved(found, **options):
    content = io.BytesIO()
    torch.save(found, content, **options)
    return content.getvalue()


def require_refused(file, content, match="neither .safetensors nor what torch.save writes"):
    """The file is refused with problem and remedy, soon, without memory for what it says, and nothing else appears."""
    file.write_bytes(content)
    before = sorted(path for path in file.parent.rglob("*"))
    tracemalloc.start()
    started = time.monotonic()
    with pytest.raises(ConfigurationError, match=match) as caught:
        read_weights_file(file)
    assert time.monotonic() - started < 10
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 100 * 1024**2 + 10 * len(content)
    assert caught.value.remedy
    assert sorted(path for path in file.parent.rglob("*")) == before


@pytest.mark.parametrize(
    "content",
    [safetensors.torch.save(TENSORS), saved(TENSORS), saved(TENSORS, _use_new_zipfile_serialization=False)],
    ids=["safetensors", "zip", "legacy"],
)
@pytest.mark.parametrize("name", ["weights.safetensors", "weights.pth", "weights"])
def test_what_programs_write_is_read_whatever_it_is_called(content, name, tmp_path):
    (tmp_path / name).write_bytes(content)
    found = read_weights_file(tmp_path / name)
    assert found.keys() == TENSORS.keys()
    assert all(torch.equal(found[key], tensor) for key, tensor in TENSORS.items())


@pytest.mark.parametrize("beginning", [b"\x80\x02", b"PK"])
def test_a_safetensors_file_whose_length_looks_like_another_format_is_read(beginning, file):
    wanted = int.from_bytes(beginning, "little")
    plain = safetensors.torch.save(TENSORS, {"note": ""})
    length = int.from_bytes(plain[:8], "little")
    header = plain[8 : 8 + length].rstrip().replace(b'"note":""', b'"note":"' + b"x" * (wanted - length) + b'"')
    file.write_bytes(struct.pack("<Q", wanted) + header.ljust(wanted)[:wanted] + plain[8 + length :])
    assert file.read_bytes().startswith(beginning)
    assert read_weights_file(file).keys() == TENSORS.keys()


def test_the_weights_of_a_checkpoint_are_found_beside_a_single_number(file):
    file.write_bytes(saved({"best_acc1": torch.tensor(0.7), "epoch": 3, "state_dict": TENSORS}))
    assert read_weights_file(file).keys() == TENSORS.keys()


def test_one_tensor_under_two_names_is_two(file):
    tied = torch.ones(3)
    file.write_bytes(saved({"a": tied, "b": tied}))
    found = read_weights_file(file)
    assert found["a"] is not found["b"]


class Attack:
    def __init__(self, path):
        self.path = path

    def __reduce__(self):
        return (Path.touch, (self.path,))


@pytest.mark.parametrize("is_zip", [True, False])
@pytest.mark.parametrize("name", ["weights.safetensors", "weights.pth"])  # the name decides nothing
def test_a_pickle_that_would_run_code_is_refused_and_does_not_run(name, is_zip, tmp_path):
    content = saved({"conv1.weight": Attack(tmp_path / "ran")}, _use_new_zipfile_serialization=is_zip)
    require_refused(tmp_path / name, content, match="nothing but tensors")
    assert not (tmp_path / "ran").exists()


def test_a_bare_pickle_that_would_run_code_is_refused_and_does_not_run(file, tmp_path):
    require_refused(file, pickle.dumps(Attack(tmp_path / "ran"), protocol=2), match="nothing but tensors|neither")
    assert not (tmp_path / "ran").exists()


@pytest.mark.parametrize("content", [b"", b"<html>", b"PK\x03\x04 broken", b"\x80\x02 broken", b"\xff" * 40])
def test_a_file_that_is_none_of_weights_is_refused(content, file):
    require_refused(file, content, match=None)


@pytest.mark.parametrize("found", [{"epoch": 3}, torch.zeros(3), [torch.zeros(3)], {3: torch.zeros(3)}])
def test_a_file_without_named_tensors_is_refused(found, file):
    require_refused(file, saved(found), match="no named tensors")


def test_tensors_that_hold_no_numbers_of_their_own_count_as_none(file):
    odd = {"meta": torch.zeros(3, device="meta"), "sparse": torch.eye(3).to_sparse(), "waves": torch.zeros(2) * 1j}
    file.write_bytes(saved({**odd, "plain": torch.zeros(3)}))
    assert read_weights_file(file).keys() == {"plain"}


def header(entries, n_data_bytes, *, length=None):
    text = json.dumps(entries).encode()
    return struct.pack("<Q", len(text) if length is None else length) + text + bytes(n_data_bytes)


def entry(start, end, shape=(2,), dtype="F32"):
    return {"dtype": dtype, "shape": list(shape), "data_offsets": [start, end]}


@pytest.mark.parametrize(
    "content",
    [
        header({"a": entry(0, 8)}, 8, length=2**63),
        header({"a": entry(0, 8)}, 8, length=2**30),
        header({"a": entry(0, 8)}, 8, length=100_000),
        header({"a": entry(0, 8)}, 8, length=10),
        header({"a": entry(0, 8)}, 4),
        header({"a": entry(0, 8)}, 800),
        header({"a": entry(0, 8), "b": entry(0, 8)}, 8),
        header({"a": entry(0, 8), "b": entry(4, 12)}, 12),
        header({"a": entry(8, 16)}, 16),
        header({"a": entry(8, 0)}, 8),
        header({"a": entry(-8, 0)}, 8),
        header({"a": entry(0, 2**62, shape=(2**60,))}, 8),
        header({"a": entry(0, 8, shape=(2**40, 2**40))}, 8),
        header({"a": entry(0, 8, shape=(-2,))}, 8),
        header({"a": entry(0, 8, dtype="PICKLE")}, 8),
        header({"a": [0, 8]}, 8),
        header([entry(0, 8)], 8),
        header({"a": entry(0, 8)}, 8)[:-9],
        struct.pack("<Q", 5) + b"{" + b"[" * 5,
        struct.pack("<Q", 200_000) + b'{"a":' + b"[" * 199_995,
    ],
)
def test_a_header_that_lies_is_refused(content, file):
    require_refused(file, content)


@pytest.mark.parametrize("content", [safetensors.torch.save(TENSORS), saved(TENSORS)], ids=["safetensors", "zip"])
def test_a_file_that_broke_off_is_refused(content, file):
    for share in (0.2, 0.5, 0.9, 0.999):
        require_refused(file, content[: int(len(content) * share)])


def repacked(content, **change):
    """The archive that torch wrote, compressed, and with some of its entries replaced."""
    packed = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(content)) as old, zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as new:
        for name in old.namelist():
            new.writestr(name, change.get(name.partition("/")[2], old.read(name)))
    return packed.getvalue()


@pytest.mark.parametrize("entry_name", ["data.pkl", "data/0"])
def test_an_archive_that_unpacks_to_more_than_it_is_is_refused_before_it_is_unpacked(entry_name, file):
    resource = pytest.importorskip("resource")
    bomb = repacked(saved(TENSORS), **{entry_name: bytes(300_000_000)})
    assert len(bomb) < 1_000_000
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    require_refused(file, bomb, match="says it unpacks to 300.0 MB")
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 100_000  # KB


def test_an_archive_with_paths_that_lead_out_of_it_writes_nothing(file, tmp_path):
    packed = io.BytesIO(saved(TENSORS))
    with zipfile.ZipFile(packed, "a") as archive:
        archive.writestr("../../out", "x")
        archive.writestr("/out", "x")
    require_refused(file, packed.getvalue())


def test_storages_are_not_found_under_several_spellings(file):
    content = saved({"a": torch.zeros(2)})
    packed = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(content)) as old, zipfile.ZipFile(packed, "w") as new:
        for name in old.namelist():
            record = old.read(name).replace(b"X\x01\x00\x00\x000", b"X\x03\x00\x00\x00ABC")
            new.writestr(name.replace("data/0", "data/abc"), record)
    assert torch.load(io.BytesIO(packed.getvalue()), weights_only=True).keys() == {"a"}, "torch would take it"
    require_refused(file, packed.getvalue())


def stored(pickled):
    """An archive as torch writes it, with this pickle in it."""
    packed = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(saved(TENSORS))) as old, zipfile.ZipFile(packed, "w") as new:
        for name in old.namelist():
            new.writestr(name, pickled if name.endswith("data.pkl") else old.read(name))
    return packed.getvalue()


@pytest.mark.parametrize("module", [b"builtins", b"__builtin__"])
def test_a_number_that_would_become_memory_is_refused(module, file):
    size = struct.pack("<i", 2**31 - 1)
    require_refused(
        file, stored(b"\x80\x02c" + module + b"\nbytearray\nJ" + size + b"\x85R."), match="nothing but tensors"
    )


def test_values_nested_so_that_hashing_them_would_end_the_process_or_never_end_are_refused(file):
    require_refused(file, stored(b"\x80\x02}K\x01" + b"\x85" * 1_000_000 + b"K\x01s."))
    require_refused(file, stored(b"\x80\x02}K\x01" + b"q\x00h\x00h\x00\x86" * 60 + b"K\x01s."))


@pytest.mark.parametrize(
    "pickled",
    [
        b"",
        b"\x80\x02",
        b"\x80\x02.",
        b"\x80\x02h\x05.",
        b"\x80\x02\x85.",
        b"\x80\x02t.",
        b"\x80\x02}K\x01K\x02ss.",
        b"\x80\x02X\xff\xff\xff\xffabc.",
        b"\x80\x02ctorch\nTensor\n)R}b.",
        b"\x80\x02ctorch._utils\n_rebuild_tensor_v2\n)R.",
        b"\x80\x02K\x01Q.",
        b"\x80\x02(X\x07\x00\x00\x00storagectorch\nFloatStorage\nX\x01\x00\x00\x009X\x03\x00\x00\x00cpuK\x02tQ.",
        b"\x80\x02]K\x01\x85s.",
    ],
)
def test_a_pickle_that_makes_no_sense_is_refused(pickled, file):
    require_refused(file, stored(pickled), match=None)


def test_a_storage_that_is_shorter_than_it_says_is_refused(file):
    content = saved({"a": torch.zeros(6)})
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        (name,) = (name for name in archive.namelist() if name.endswith("data.pkl"))
        pickled = archive.read(name)
    assert pickled.count(b"K\x06") == 2  # of the storage, and of the tensor
    lying = pickled.replace(b"K\x06", b"M\x00\x40")
    packed = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(content)) as old, zipfile.ZipFile(packed, "w") as new:
        for name in old.namelist():
            new.writestr(name, lying if name.endswith("data.pkl") else old.read(name))
    require_refused(file, packed.getvalue())


def test_a_file_too_large_to_be_weights_is_not_read(file):
    with file.open("wb") as content:
        content.write(b"PK\x03\x04")
        content.truncate(MAX_FILE_BYTES + 1)  # takes no disk
    with pytest.raises(ConfigurationError, match="may have 4 GB"):
        read_weights_file(file)


@pytest.mark.parametrize(
    "content",
    [safetensors.torch.save(TENSORS), saved(TENSORS), saved(TENSORS, _use_new_zipfile_serialization=False)],
    ids=["safetensors", "zip", "legacy"],
)
def test_whatever_bytes_change_the_file_is_read_or_refused(content, tmp_path):
    file = tmp_path / "weights"

    @settings(max_examples=150, deadline=None, suppress_health_check=list(HealthCheck), derandomize=True)
    @given(changes=st.lists(st.tuples(st.integers(0, len(content) - 1), st.integers(0, 255)), min_size=1, max_size=4))
    def read(changes):
        changed = bytearray(content)
        for at, value in changes:
            changed[at] = value
        file.write_bytes(changed)
        with contextlib.suppress(ConfigurationError):
            read_weights_file(file)

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        read()
