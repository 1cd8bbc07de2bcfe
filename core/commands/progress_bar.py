"""One line of progress on standard error, for whatever takes time on the command line."""

from __future__ import annotations

import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager

from core.workflows.workspace import Workspace

REDRAW_INTERVAL_S = 0.5
BAR_WIDTH = 24


class ProgressBar:
    """One line of progress on standard error; a line per step where that is not a terminal."""

    def __init__(self) -> None:
        self._is_terminal = sys.stderr.isatty()
        self._last = ""

    def draw(self, step: str, done: int, of: int, rest: str = "") -> None:
        """Show a step, how much of it is done, and whatever else there is to say."""
        if self._is_terminal:
            filled = BAR_WIDTH * done // of if of else 0
            count = f" {done:,} of {of:,}" if of else ""
            bar = "#" * filled + "." * (BAR_WIDTH - filled)
            print(f"\r\x1b[K{bar} {step}{count}{rest}", end="", file=sys.stderr, flush=True)
        elif step and step != self._last:
            print(step, file=sys.stderr, flush=True)
        self._last = step

    def close(self) -> None:
        """Leave an empty line behind."""
        if self._is_terminal and self._last:
            print("\r\x1b[K", end="", file=sys.stderr, flush=True)


@contextmanager
def watching(workspace: Workspace, run_id: str) -> Iterator[None]:
    """Draw the run's status while the block runs, read from disk as the dashboard reads it."""
    from core.workflows.show_run import read_status

    over = threading.Event()

    def watch() -> None:
        bar = ProgressBar()
        while not over.wait(REDRAW_INTERVAL_S):
            status = read_status(workspace, run_id)
            epochs = f", epoch {status.epoch} of {status.n_epochs}" if status.n_epochs else ""
            left = f", {status.eta_s:.0f} s left" if status.eta_s is not None else ""
            bar.draw(status.step, status.done, status.of, epochs + left)
        bar.close()

    thread = threading.Thread(target=watch, daemon=True)
    thread.start()
    try:
        yield
    finally:
        over.set()
        thread.join()
