"""Child processes of one that has imported everything: each starts in milliseconds and can be killed like any other."""

from __future__ import annotations

import contextlib
import io
import json
import os
import signal
import sys
import time
import traceback
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from core.__main__ import main

POLL_S = 0.005


def import_everything() -> None:
    """Import what the commands import when they need it; nothing is computed, so that forking stays safe."""
    import onnx
    import onnxruntime
    import openvino
    import pandas
    import sklearn.linear_model
    import timm
    import torch._dynamo
    import transformers

    import core.backbones.networks.image
    import core.backbones.networks.text
    import core.workflows.export_dataset
    import core.workflows.export_model
    import core.workflows.inspect_dataset
    import core.workflows.own_networks
    import core.workflows.plan_run
    import core.workflows.report_run
    import core.workflows.score_inputs
    import core.workflows.sweep_workspace
    import core.workflows.train_run  # noqa: F401

    _ = (onnx, onnxruntime, openvino, pandas, sklearn, timm, torch, transformers)


@dataclass(slots=True)
class Command:
    """The command line in a child process.

    Attributes:
        words: what would follow `python -m core`.
        log: gets what it prints.
        seconds: how long it ran.
        exit_code: None while it runs; negative where a signal ended it.
    """

    words: Sequence[str]
    log: Path
    exit_code: int | None = None
    seconds: float = 0.0
    _pid: int = 0
    _started: float = field(default=0.0)

    def start(self) -> Command:
        """Begin."""
        self._started = time.perf_counter()
        self._pid = _fork(lambda: main([*self.words, "--json"]), self.log)
        return self

    def run(self) -> Command:
        """Begin, and wait for the end."""
        return self.start().wait()

    def kill_after(self, seconds: float) -> bool:
        """SIGKILL at that moment; False where it had ended before."""
        while time.perf_counter() - self._started < seconds:
            pid, status = os.waitpid(self._pid, os.WNOHANG)
            if pid:
                return self._end(status)
            time.sleep(POLL_S)
        os.kill(self._pid, signal.SIGKILL)
        self.wait()
        return self.exit_code == -signal.SIGKILL

    @property
    def answer(self) -> dict[str, Any]:
        """The object on its last line; empty where it printed none."""
        lines = self.log.read_text(encoding="utf-8").splitlines()
        with contextlib.suppress(IndexError, ValueError):
            return dict(json.loads(lines[-1]))
        return {}

    def wait(self) -> Command:
        """Until it has ended."""
        self._end(os.waitpid(self._pid, 0)[1])
        return self

    def _end(self, status: int) -> bool:
        self.exit_code, self.seconds = os.waitstatus_to_exitcode(status), time.perf_counter() - self._started
        return False


def ask(question: Callable[..., Any], *arguments: Any, log: Path) -> Any:
    """What a function gives in a new process: it sees what is on the disk and nothing else."""
    place = log.with_suffix(".answer")

    def answer() -> int:
        place.write_text(json.dumps(question(*arguments)), encoding="utf-8")
        return 0

    _, status = os.waitpid(_fork(answer, log), 0)
    if status:
        raise RuntimeError(log.read_text(encoding="utf-8"))
    return json.loads(place.read_text(encoding="utf-8"))


def _fork(work: Callable[[], int], log: Path) -> int:
    sys.stdout.flush()
    sys.stderr.flush()
    pid = os.fork()
    if pid:
        return pid
    code = 1
    try:
        out = log.open("w", encoding="utf-8")
        os.dup2(out.fileno(), 1)
        os.dup2(out.fileno(), 2)
        sys.stdout = sys.stderr = io.TextIOWrapper(os.fdopen(1, "wb", closefd=False), encoding="utf-8")
        code = work()
    except BaseException:  # noqa: BLE001 - a child must never go on as its parent
        traceback.print_exc()
    finally:
        sys.stdout.flush()
        os._exit(code)
