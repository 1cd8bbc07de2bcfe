"""A file that is being replaced is the old one or the new one, whenever its writer dies."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from core.atomic import remove_abandoned, remove_partial_files, replace_bytes, replace_file

WRITES_FOR_EVER = """
import sys
from itertools import count
from pathlib import Path
from core.atomic import replace_bytes

for number in count():
    replace_bytes(Path(sys.argv[1]), bytes([number % 256]) * 3_000_000)
    print(number, flush=True)
"""


@pytest.mark.parametrize("after_s", [0.0, 0.01, 0.023])
def test_a_writer_that_is_killed_leaves_a_whole_file(tmp_path: Path, after_s: float) -> None:
    file = tmp_path / "numbers"
    command = [sys.executable, "-c", WRITES_FOR_EVER, str(file)]
    with subprocess.Popen(command, cwd=Path(__file__).parents[1], stdout=subprocess.PIPE) as writer:
        assert writer.stdout.readline() == b"0\n"
        time.sleep(after_s)
        os.kill(writer.pid, signal.SIGKILL)
    content = file.read_bytes()
    assert len(content) == 3_000_000
    assert len(set(content)) == 1
    remove_partial_files(tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == ["numbers"]


COUNTS = """
import sys
from pathlib import Path
from core.atomic import changing, replace_bytes

file = Path(sys.argv[1])
for _ in range(100):
    with changing(file):
        replace_bytes(file, str(int(file.read_text()) + 1).encode(), is_dear=False)
"""


def test_changes_that_two_processes_make_to_one_file_are_all_kept(tmp_path: Path) -> None:
    file = tmp_path / "number"
    file.write_text("0")
    command = [sys.executable, "-c", COUNTS, str(file)]
    for process in [subprocess.Popen(command, cwd=Path(__file__).parents[1]) for _ in range(2)]:
        assert process.wait(60) == 0
    assert file.read_text() == "200"


def test_a_writer_that_fails_leaves_the_old_file_alone(tmp_path: Path) -> None:
    file = tmp_path / "deeper" / "numbers"
    replace_bytes(file, b"old")

    def fail(place: Path) -> None:
        place.write_bytes(b"half")
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        replace_file(file, fail)
    assert file.read_bytes() == b"old"
    assert [path.name for path in file.parent.iterdir()] == ["numbers"]


def test_what_was_just_written_to_is_not_taken_for_abandoned(tmp_path: Path) -> None:
    (tmp_path / "draft-1").mkdir()
    (tmp_path / "draft-1" / "half").touch()
    remove_abandoned(tmp_path, "draft-*")
    assert (tmp_path / "draft-1" / "half").exists()
    remove_abandoned(tmp_path, "draft-*", older_than_s=-1)
    assert not (tmp_path / "draft-1").exists()


def test_what_was_left_beside_a_file_long_ago_goes_when_it_is_written_again(tmp_path: Path) -> None:
    of_this, of_another = tmp_path / ".partial-0-out.zip", tmp_path / ".partial-0-other.zip"
    for partial in (of_this, of_another):
        partial.touch()
        os.utime(partial, (0, 0))
    replace_bytes(tmp_path / "out.zip", b"new")
    assert not of_this.exists()
    assert of_another.exists()
