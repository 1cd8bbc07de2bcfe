"""Counts attempts that did not go well lately, so that guessing takes for ever and a slip costs only a moment."""

from __future__ import annotations

import threading
import time
from collections import deque
from collections.abc import Callable

_MAX_KEYS = 10_000


class Attempts:
    """Attempts by key within a window of time; kept in this process only.

    One counts from its beginning until it is taken back, so that many at once are not all looked at.

    Args:
        limit: attempts after which a key has to wait.
        window_s: how long an attempt counts, in seconds.
        clock: seconds that never go back.
    """

    def __init__(self, *, limit: int, window_s: float, clock: Callable[[], float] = time.monotonic) -> None:
        self._limit = limit
        self._window_s = window_s
        self._clock = clock
        self._begun: dict[str, deque[float]] = {}
        self._lock = threading.Lock()

    def begin(self, key: str) -> float:
        """One more, which gives 0; or the seconds to wait before the next one, and nothing is counted."""
        with self._lock:
            recent = self._recent(key)
            if len(recent) >= self._limit:
                return self._window_s - (self._clock() - recent[0])
            if key not in self._begun and len(self._begun) >= _MAX_KEYS:
                self._begun.pop(next(iter(self._begun)))  # the oldest; memory stays bounded
            self._begun.setdefault(key, recent).append(self._clock())
            return 0.0

    def take_back(self, key: str) -> None:
        """The last one went well, or was none; those before it count on."""
        with self._lock:
            if recent := self._recent(key):
                recent.pop()

    def forget(self, key: str) -> None:
        """The last one went well, and those before it do not count any more."""
        with self._lock:
            self._begun.pop(key, None)

    def _recent(self, key: str) -> deque[float]:
        recent = self._begun.get(key, deque())
        while recent and self._clock() - recent[0] >= self._window_s:
            recent.popleft()
        if not recent:
            self._begun.pop(key, None)
        return recent
