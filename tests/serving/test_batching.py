"""Inputs that arrive while a batch is answered make up the next one, and a fault stays with its batch."""

import asyncio
import threading

import pytest

from core.serving.batching import Batcher, FullError


class Doubling:
    """Doubles numbers; holds the first batch until it is released."""

    def __init__(self):
        self.batches = []
        self.released = threading.Event()

    def __call__(self, inputs):
        self.batches.append(list(inputs))
        assert self.released.wait(5)
        if 13 in inputs:
            raise ValueError("thirteen")
        return [2 * number for number in inputs]


async def ask_while_the_first_is_answered(batcher, answer, requests):
    """The first request starts a batch; all others arrive before it is released."""
    tasks = [asyncio.create_task(batcher.ask(requests[0]))]
    while not answer.batches:
        await asyncio.sleep(0.001)
    tasks += [asyncio.create_task(batcher.ask(request)) for request in requests[1:]]
    await asyncio.sleep(0)
    answer.released.set()
    return await asyncio.gather(*tasks, return_exceptions=True)


def run(requests, **limits):
    answer = Doubling()
    batcher = Batcher(answer, **{"max_batch": 32, "max_waiting": 100, **limits})
    return asyncio.run(ask_while_the_first_is_answered(batcher, answer, requests)), answer.batches


def test_requests_that_arrive_together_are_one_batch_and_each_gets_its_own_answers():
    answers, batches = run([[1], [2, 3], [4]])
    assert answers == [[2], [4, 6], [8]]
    assert batches == [[1], [2, 3, 4]]


def test_two_batches_are_answered_at_a_time_where_that_is_allowed():
    async def main():
        answer = Doubling()
        batcher = Batcher(answer, n_at_once=2, max_batch=4, max_waiting=100)
        tasks = []
        for n_batches, number in enumerate((1, 2), start=1):
            tasks.append(asyncio.create_task(batcher.ask([number])))
            while len(answer.batches) < n_batches:
                await asyncio.sleep(0.001)
        tasks += [asyncio.create_task(batcher.ask([number])) for number in (3, 4)]
        await asyncio.sleep(0.05)
        assert answer.batches == [[1], [2]]  # the others wait for one of them
        answer.released.set()
        assert await asyncio.gather(*tasks) == [[2], [4], [6], [8]]
        assert answer.batches[2:] == [[3, 4]]

    asyncio.run(asyncio.wait_for(main(), 5))


def test_a_batch_is_never_larger_than_allowed():
    answers, batches = run([[0], [1, 2, 3], [4, 5]], max_batch=2)
    assert answers == [[0], [2, 4, 6], [8, 10]]
    assert max(map(len, batches)) == 2


def test_a_fault_is_told_to_its_batch_alone():
    answers, _ = run([[1], [13], [2]], max_batch=1)
    assert answers[0] == [2]
    assert isinstance(answers[1], ValueError)
    assert answers[2] == [4]


def test_more_than_may_wait_is_refused_and_the_others_are_answered():
    answers, _ = run([[1], [2, 3], [4, 5]], max_waiting=2)
    assert answers[:2] == [[2], [4, 6]]
    assert isinstance(answers[2], FullError)


@pytest.mark.parametrize("n", [1, 5])
def test_the_batcher_begins_again_after_a_pause(n):
    answer = Doubling()
    answer.released.set()
    batcher = Batcher(answer, max_batch=4, max_waiting=10)

    async def twice():
        return await batcher.ask(list(range(n))), await batcher.ask(list(range(n)))

    first, second = asyncio.run(twice())
    assert first == second == [2 * number for number in range(n)]
