"""The next things are made while the present one is being used."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from typing import TypeVar

ItemT = TypeVar("ItemT")
MadeT = TypeVar("MadeT")


def made_ahead(
    items: Iterable[ItemT], make: Callable[[ItemT], MadeT], *, n_ahead: int = 1
) -> Iterator[tuple[ItemT, MadeT]]:
    """Each item with what `make` makes of it, in their order; `n_ahead` are being made at a time, a thread for each."""
    with ThreadPoolExecutor(n_ahead, thread_name_prefix="headstart-ahead") as pool:
        waiting: deque[tuple[ItemT, Future[MadeT]]] = deque()
        for item in items:
            waiting.append((item, pool.submit(make, item)))
            if len(waiting) > n_ahead:
                first, made = waiting.popleft()
                yield first, made.result()
        for first, made in waiting:
            yield first, made.result()
