"""Counts what failed lately, so that guessing takes for ever and a wrong key costs nothing but a moment."""

from __future__ import annotations

import threading
import time
from collections import deque
from collections.abc import Callable

_MAX_KEYS = 10_000


class Attempts:
    """Failures by key within a window of time; kept in this process only.

    Args:
        limit: failures after which a key has to wait.
        window_s: how long a failure counts, in seconds.
        clock: seconds that never go back.
    """

    def __init__(self, *, limit: int, window_s: float, clock: Callable[[], float] = time.monotonic) -> None:
        self._limit = limit
        self._window_s = window_s
        self._clock = clock
        self._failures: dict[str, deque[float]] = {}
        self._lock = threading.Lock()

    def wait_s(self, key: str) -> float:
        """Seconds until the next attempt is looked at; 0 where it may be made now."""
        with self._lock:
            failures = self._recent(key)
            return self._window_s - (self._clock() - failures[0]) if len(failures) >= self._limit else 0.0

    def note_failure(self, key: str) -> None:
        """One more."""
        with self._lock:
            self._recent(key)
            if key not in self._failures and len(self._failures) >= _MAX_KEYS:
                self._failures.pop(next(iter(self._failures)))  # the oldest; memory stays bounded
            self._failures.setdefault(key, deque(maxlen=self._limit)).append(self._clock())

    def forget(self, key: str) -> None:
        """It went well: what failed before does not count any more."""
        with self._lock:
            self._failures.pop(key, None)

    def _recent(self, key: str) -> deque[float]:
        failures = self._failures.get(key, deque())
        while failures and self._clock() - failures[0] >= self._window_s:
            failures.popleft()
        if not failures:
            self._failures.pop(key, None)
        return failures
