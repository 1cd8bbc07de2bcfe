"""How much memory a process takes at its peak, without the files it has mapped."""

from __future__ import annotations

import re
import threading
from pathlib import Path
from types import TracebackType

INTERVAL_S = 0.02
STATUS = Path("/proc/self/status")


class PeakMemory:
    """Watches the process while the block runs.

    What is counted is anonymous memory (`RssAnon` of Linux): pages of memory-mapped files are left out, which the
    system takes back whenever it wants.

    Attributes:
        peak_mb: largest seen so far, 10^6 bytes; None where the system does not tell.
    """

    def __init__(self) -> None:
        self.peak_mb: float | None = None
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._watch, daemon=True)

    def __enter__(self) -> PeakMemory:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._ended.set()
        self._thread.join()

    def _watch(self) -> None:
        while (now_mb := anonymous_mb()) is not None:
            self.peak_mb = max(self.peak_mb or 0.0, now_mb)
            if self._ended.wait(INTERVAL_S):
                return


def anonymous_mb(status: Path = STATUS) -> float | None:
    """Anonymous memory of this process (or that of `status`) now, 10^6 bytes; None where the system does not tell."""
    found = re.search(r"RssAnon:\s+(\d+) kB", status.read_text()) if status.exists() else None
    return int(found[1]) * 1024 / 1e6 if found else None
