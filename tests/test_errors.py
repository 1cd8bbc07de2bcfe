"""What the machine lacked is read from the real errors of the libraries that meet it."""

import errno
from pathlib import Path

import numpy as np
import pytest
import torch

from core.errors import is_out_of_disk, is_out_of_memory, lack_of

FULL = Path("/dev/full")
needs_full = pytest.mark.skipif(not FULL.exists(), reason="needs /dev/full, which is always full")


def error_of(act):
    with pytest.raises(Exception) as caught:  # noqa: PT011 - whatever the library raises is what is asked about
        act()
    return caught.value


def write_text():
    with FULL.open("w") as file:
        file.write("x" * 100_000)


def write_array():
    with FULL.open("wb") as file:
        np.save(file, np.zeros(100_000))


def write_tensors():
    torch.save({"x": torch.zeros(100_000)}, str(FULL))


@needs_full
@pytest.mark.parametrize("act", [write_text, write_array, write_tensors])
def test_a_full_disk_is_recognised_whoever_writes(act):
    error = error_of(act)
    assert is_out_of_disk(error)
    assert "full" in lack_of(error).problem
    assert "resumed" in lack_of(error).remedy


@pytest.mark.parametrize(
    "message",
    [
        "Error while serializing: I/O error: No space left on device (os error 28)",  # safetensors
        "basic_ios::clear: iostream error",  # OpenVINO
    ],
)
def test_a_full_disk_is_recognised_in_the_words_of_other_languages(message):
    assert is_out_of_disk(RuntimeError(message))


def test_torch_and_python_running_out_of_memory_are_both_recognised():
    assert is_out_of_memory(error_of(lambda: torch.empty(10**15)))
    assert is_out_of_memory(error_of(lambda: np.empty(10**15)))
    assert is_out_of_memory(torch.OutOfMemoryError("CUDA out of memory"))
    assert "smaller batch" in lack_of(MemoryError()).remedy


def test_a_disk_that_is_read_only_is_named_with_the_file():
    error = OSError(errno.EROFS, "Read-only file system", "kept/runs")
    assert "kept/runs" in lack_of(error).problem
    words = "[enforce fail at inline_container.cc:747] . open file failed with strerror: Read-only file system"
    assert "cannot be written to" in lack_of(RuntimeError(words)).problem


@needs_full
def test_the_cause_of_an_error_counts():
    def write_half():
        try:
            write_text()
        except OSError as error:
            raise ValueError("half a file") from error

    assert is_out_of_disk(error_of(write_half))


def test_faults_of_ours_are_not_blamed_on_the_machine():
    assert lack_of(error_of(lambda: torch.zeros(2) @ torch.zeros(3))) is None
    assert lack_of(OSError("No such file")) is None
    assert lack_of(ZeroDivisionError()) is None
