"""The next batch is made while the present one is being computed on."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from typing import TypeVar

ItemT = TypeVar("ItemT")
MadeT = TypeVar("MadeT")


def made_ahead(items: Iterable[ItemT], make: Callable[[ItemT], MadeT]) -> Iterator[tuple[ItemT, MadeT]]:
    """Each item with what `make` makes of it, one item ahead of whoever asks, in a thread of its own."""
    with ThreadPoolExecutor(1, thread_name_prefix="headstart-ahead") as pool:
        waiting: tuple[ItemT, Future[MadeT]] | None = None
        for item in items:
            following = (item, pool.submit(make, item))
            if waiting:
                yield waiting[0], waiting[1].result()
            waiting = following
        if waiting:
            yield waiting[0], waiting[1].result()
