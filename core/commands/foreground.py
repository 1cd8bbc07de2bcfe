"""Runs that a command executes itself, and how Ctrl-C ends them so that they can be resumed."""

from __future__ import annotations

import signal
import threading
import types

from core.commands.progress_bar import watching
from core.workflows.workspace import Workspace


class Foreground:
    """Executes runs one after another; the first Ctrl-C or SIGTERM interrupts what runs, the second kills."""

    def __init__(self) -> None:
        self._asked_to_end = threading.Event()
        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, self._interrupt)

    @property
    def is_ending(self) -> bool:
        """Whether somebody wants the program to end: nothing more should begin."""
        return self._asked_to_end.is_set()

    def execute(self, workspace: Workspace, run_id: str) -> None:
        """Execute one run with its progress on standard error; what goes wrong is stored in the run."""
        from core.workflows.train_run import execute_run

        with watching(workspace, run_id):
            execute_run(workspace.root, run_id, should_stop=lambda: "shutdown" if self.is_ending else None)

    def _interrupt(self, number: int, _: types.FrameType | None) -> None:
        self._asked_to_end.set()
        signal.signal(number, signal.SIG_DFL)
