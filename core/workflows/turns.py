"""Who may compute with what several people share."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager


class Turns:
    """Lets some compute at the same time, or one alone who changes what is shared for a moment.

    Args:
        n_at_once: how many may compute together.
    """

    def __init__(self, n_at_once: int) -> None:
        self._n_free = self._n_at_once = n_at_once
        self._changed = threading.Condition()
        self._is_claimed = False

    @contextmanager
    def together(self) -> Iterator[None]:
        """Beside others; waits while somebody is alone or wants to be, or too many are there."""
        with self._changed:
            self._changed.wait_for(lambda: self._n_free and not self._is_claimed)
            self._n_free -= 1
        try:
            yield
        finally:
            with self._changed:
                self._n_free += 1
                self._changed.notify_all()

    @contextmanager
    def alone(self) -> Iterator[None]:
        """Without any others; waits until they are done."""
        with self._changed:
            self._changed.wait_for(lambda: not self._is_claimed)
            self._is_claimed = True
            self._changed.wait_for(lambda: self._n_free == self._n_at_once)
        try:
            yield
        finally:
            with self._changed:
                self._is_claimed = False
                self._changed.notify_all()
