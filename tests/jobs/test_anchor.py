"""One queue per workspace and process, whatever is reloaded."""

import importlib
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import AbstractContextManager, nullcontext
from pathlib import Path

import pytest

from core.jobs import anchor
from core.jobs.line import ShouldStop, StopReason

ROOT = Path(__file__).parents[2]


class NoWork:
    def __init__(self, workspace: Path) -> None:
        self.workspace = workspace

    def hold(self, run_id: str) -> AbstractContextManager[None]:
        return nullcontext()

    def execute(self, run_id: str, should_stop: ShouldStop) -> None:
        pass

    def drop(self, run_id: str, reason: StopReason) -> None:
        pass


@pytest.fixture(autouse=True)
def _fresh_queues() -> Iterator[None]:
    yield
    anchor.drop_queues()


def test_a_second_call_gives_the_same_queue_and_another_workspace_another_one(tmp_path: Path) -> None:
    queue = anchor.get_queue(tmp_path, NoWork)
    assert anchor.get_queue(tmp_path / "x" / "..", NoWork) is queue
    assert anchor.get_queue(tmp_path / "other", NoWork) is not queue


def test_the_queue_survives_a_reload_of_all_our_modules(tmp_path: Path) -> None:
    queue = anchor.get_queue(tmp_path, NoWork)
    ours = {name: module for name, module in sys.modules.items() if name == "core" or name.startswith("core.")}
    try:
        for name in ours:
            del sys.modules[name]
        reloaded = importlib.import_module("core.jobs.anchor")
        assert reloaded is not anchor
        assert reloaded.get_queue(tmp_path, NoWork) is queue
    finally:
        for name in [name for name in sys.modules if name == "core" or name.startswith("core.")]:
            del sys.modules[name]
        sys.modules.update(ours)


def test_dropped_queues_are_shut_down_and_built_anew(tmp_path: Path) -> None:
    queue = anchor.get_queue(tmp_path, NoWork)
    anchor.drop_queues()
    assert anchor.get_queue(tmp_path, NoWork) is not queue


# Woken through a pipe: Python may forget for seconds that a signal came, if it came just before a sleep.
PROGRAM = """
import os, signal, sys, threading, time
from contextlib import contextmanager
from pathlib import Path
from core.jobs.anchor import get_queue

began = threading.Event()

class Work:
    def __init__(self, workspace):
        pass
    @contextmanager
    def hold(self, run_id):
        yield
    def execute(self, run_id, should_stop):
        began.set()
        while not should_stop():
            time.sleep(0.001)
        print(run_id, should_stop(), flush=True)
    def drop(self, run_id, reason):
        print(run_id, "dropped", reason, flush=True)

queue = get_queue(Path(sys.argv[1]), Work)
queue.submit("a")
queue.submit("b")
reader, writer = os.pipe()
os.set_blocking(writer, False)
signal.set_wakeup_fd(writer)
signal.signal(signal.SIGINT, lambda *_: None)
began.wait()
print("began", flush=True)
os.read(reader, 1)
"""


def test_a_process_that_ends_interrupts_its_jobs_first(tmp_path: Path) -> None:
    process = subprocess.Popen(
        [sys.executable, "-c", PROGRAM, str(tmp_path)], cwd=ROOT, stdout=subprocess.PIPE, text=True
    )
    try:
        assert process.stdout is not None
        assert process.stdout.readline() == "began\n"
        os.kill(process.pid, signal.SIGINT)
        told, _ = process.communicate(timeout=15)
    finally:
        process.kill()
    assert sorted(told.splitlines()) == ["a shutdown", "b dropped shutdown"]
    assert process.returncode == 0
