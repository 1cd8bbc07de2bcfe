"""Requests that arrive together are answered together: a network takes sixteen inputs hardly longer than one."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Generic, TypeVar

InputT = TypeVar("InputT")
OutputT = TypeVar("OutputT")


class FullError(Exception):
    """More inputs wait than may."""


class Batcher(Generic[InputT, OutputT]):
    """Collects inputs of concurrent requests and hands them over in batches.

    While batches are answered, inputs that arrive wait and make up the next one; nothing waits for company otherwise.

    Args:
        answer: from inputs to as many outputs; called in threads of its own.
        n_at_once: batches that are answered at the same time.
        max_batch: inputs that are answered together.
        max_waiting: inputs that may wait; more are refused.
    """

    def __init__(
        self,
        answer: Callable[[Sequence[InputT]], Sequence[OutputT]],
        *,
        n_at_once: int = 1,
        max_batch: int,
        max_waiting: int,
    ) -> None:
        self._answer = answer
        self._max_batch = max_batch
        self._max_waiting = max_waiting
        self._waiting: list[tuple[InputT, asyncio.Future[OutputT]]] = []
        self._n_at_once = n_at_once
        self._threads = ThreadPoolExecutor(n_at_once, thread_name_prefix="headstart-serve")
        self._working: list[asyncio.Task[None]] = []

    async def ask(self, inputs: Sequence[InputT]) -> list[OutputT]:
        """The outputs, in the order of the inputs.

        Raises:
            FullError: too many wait already.
            Exception: whatever answering the batch raised.
        """
        if len(self._waiting) + len(inputs) > self._max_waiting:
            raise FullError
        loop = asyncio.get_running_loop()
        futures: list[asyncio.Future[OutputT]] = [loop.create_future() for _ in inputs]
        self._waiting += zip(inputs, futures, strict=True)
        self._working = [task for task in self._working if not task.done()]
        if len(self._working) < self._n_at_once:
            self._working.append(asyncio.create_task(self._work_off()))
        return list(await asyncio.gather(*futures))

    async def _work_off(self) -> None:
        loop = asyncio.get_running_loop()
        while self._waiting:
            batch, self._waiting = self._waiting[: self._max_batch], self._waiting[self._max_batch :]
            inputs = [one for one, _ in batch]
            try:
                outputs = await loop.run_in_executor(self._threads, self._answer, inputs)
            except Exception as error:  # noqa: BLE001 - told to every request of the batch; the next goes on
                for _, future in batch:
                    if not future.done():
                        future.set_exception(error)
                continue
            for (_, future), output in zip(batch, outputs, strict=True):
                if not future.done():  # its client may have gone
                    future.set_result(output)
