"""The dashboard's own server, started as a person starts it, on a free port and a workspace of its own."""

import os
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from pathlib import Path

from core.runs.records import LIVE_STATES, RunStatus
from core.training.events import EpochDone
from core.workflows.inspect_dataset import UploadedFile, inspect_dataset
from core.workflows.plan_run import RunChoices, plan_run
from core.workflows.train_run import create_run, execute_run
from core.workflows.workspace import Workspace

ROOT = Path(__file__).parents[2]
START_S = 60.0
END_S = 30.0


class Server:
    """One server process on one workspace; it may be killed and started again on the same address.

    Args:
        folder: holds the workspace and the log.
        is_strict: whether anything but ids and drafts in the session raises; Streamlit's own components are such.
        environ: what its environment has besides ours.
    """

    def __init__(self, folder: Path, *, is_strict: bool = True, **environ: str) -> None:
        self._environ = environ
        self._is_strict = is_strict
        self.workspace = Workspace(folder / "workspace")
        self.log = folder / "server.log"
        self.url = f"http://127.0.0.1:{_free_port()}"
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Start it and wait until it answers."""
        port = self.url.rpartition(":")[2]
        options = (
            f"--server.port={port}",
            "--server.address=127.0.0.1",
            "--server.headless=true",
            f"--runner.enforceSerializableSessionState={str(self._is_strict).lower()}",
        )
        with self.log.open("ab") as log:  # a pipe that nobody reads would block it
            self._process = subprocess.Popen(
                [sys.executable, "-m", "streamlit", "run", "app.py", *options],
                cwd=ROOT,
                env={**os.environ, "HEADSTART_WORKSPACE": str(self.workspace.root), **self._environ},
                stdout=log,
                stderr=subprocess.STDOUT,
            )
        wait_until(self._is_healthy, START_S, "the server to answer")

    @property
    def pid(self) -> int:
        """Of the process."""
        assert self._process is not None
        return self._process.pid

    def end(self, sign: signal.Signals = signal.SIGTERM) -> None:
        """Send a signal and wait for the end of the process."""
        if self._process is not None:
            self._process.send_signal(sign)
            self._process.wait(END_S)
            self._process = None

    def add_dataset(self, name: str, content: bytes) -> str:
        """Import a file without a browser, for tests that begin after that; gives the dataset's id."""
        path = self.log.with_name("upload")
        path.write_bytes(content)
        return inspect_dataset(self.workspace, [UploadedFile(name=name, path=path)]).id

    def train(self, dataset_id: str) -> str:
        """Train to the end without a browser, for tests that begin after that; gives the run's id."""
        choices = RunChoices(dataset_id=dataset_id, strategy="feature-extraction", settings={"image_size_px": 32})
        run_id = create_run(self.workspace, plan_run(self.workspace, choices).spec)
        execute_run(self.workspace.root, run_id, should_stop=lambda: None)
        return run_id

    def status(self, run_id: str) -> RunStatus:
        """Where a run stands, as it is written on disk."""
        return self.workspace.runs.get(run_id).read_status()

    def epochs(self, run_id: str) -> list[EpochDone]:
        """The epochs of a run, as they are written on disk."""
        return [event for event in self.workspace.runs.get(run_id).read_events() if isinstance(event, EpochDone)]

    def stop_runs(self) -> None:
        """Ask all runs that wait or train to stop, and wait until they have."""
        for folder in self._live_runs():
            folder.request_stop()
        wait_until(lambda: not self._live_runs(), 60, "all runs to stop")

    def _live_runs(self) -> list:
        return [folder for folder in self.workspace.runs.list_runs() if folder.read_status().state in LIVE_STATES]

    def _is_healthy(self) -> bool:
        assert self._process is not None
        assert self._process.poll() is None, f"the server ended:\n{self.log.read_text()}"
        try:
            with urllib.request.urlopen(f"{self.url}/_stcore/health", timeout=5) as answer:
                return answer.read() == b"ok"
        except (urllib.error.URLError, OSError):
            return False


def wait_until(condition, timeout_s: float, what: str) -> None:
    """Poll until `condition()` is true; fails after `timeout_s`, naming what was waited for."""
    end = time.monotonic() + timeout_s
    while not condition():
        assert time.monotonic() < end, f"waited {timeout_s:.0f} s for {what}"
        time.sleep(0.1)


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]
