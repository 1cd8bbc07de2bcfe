"""Making ahead changes when things are made, not what comes out."""

import threading

import pytest

from core.features.ahead import made_ahead


def test_items_come_in_order_with_what_was_made_of_them():
    assert list(made_ahead(range(5), lambda n: n * n)) == [(0, 0), (1, 1), (2, 4), (3, 9), (4, 16)]
    assert list(made_ahead([], str)) == []


def test_the_next_one_is_made_while_the_present_one_is_used():
    is_made = [threading.Event() for _ in range(3)]

    def make(n):
        is_made[n].set()
        return n

    for n, _ in made_ahead(range(3), make):
        if n < 2:
            assert is_made[n + 1].wait(timeout=5)


def test_an_error_reaches_whoever_asks_for_the_item():
    def make(n):
        if n == 1:
            raise ValueError("no more")
        return n

    made = made_ahead(range(3), make)
    assert next(made) == (0, 0)
    with pytest.raises(ValueError, match="no more"):
        next(made)
