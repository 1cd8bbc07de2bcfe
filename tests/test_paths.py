"""Whatever a person types and however a folder is built, looking there ends in an answer."""

import os
from contextlib import chdir
from pathlib import Path

import pytest

from core.paths import files_below, is_file, is_folder


@pytest.mark.parametrize("name", ["x" * 5_000, "a\0b"])
def test_a_name_that_the_system_refuses_is_not_there(tmp_path, name):
    assert not is_file(tmp_path / name)
    assert not is_folder(tmp_path / name)


@pytest.fixture
def deep_folder(tmp_path):
    """A folder in a folder, 1,200 times, with a file in the last one; taken away step by step, as no library does."""
    depth = 1_200
    with chdir(tmp_path):
        for _ in range(depth):
            Path("d").mkdir()
            os.chdir("d")
        Path("deep").touch()
        yield tmp_path
        Path("deep").unlink()
        for _ in range(depth):
            os.chdir("..")
            Path("d").rmdir()


def test_files_are_found_deeper_than_calls_may_lie_in_each_other_and_links_are_not_followed(deep_folder):
    (deep_folder / "loop").symlink_to(deep_folder)
    assert {path.rpartition("/")[2] for path, _ in files_below(deep_folder)} == {"loop", "deep"}


def test_a_folder_that_is_gone_holds_nothing(tmp_path):
    assert list(files_below(tmp_path / "gone")) == []
