"""Some compute together, one alone, and who wants to be alone is not kept out by ever new others."""

import threading
from contextlib import ExitStack

import pytest

from core.workflows.turns import Turns


def begin(turn, log, name):
    """Take a turn in a thread; gives the thread, and what ends the turn."""
    done = threading.Event()

    def take():
        with turn():
            log.append(name)
            assert done.wait(5)

    thread = threading.Thread(target=take)
    thread.start()
    return thread, done


def wait_for(log, n):
    for _ in range(500):
        if len(log) == n:
            return
        threading.Event().wait(0.01)
    pytest.fail(f"{log} never had {n} entries")


def test_as_many_as_allowed_compute_together_and_the_next_one_waits():
    turns, log = Turns(2), []
    with turns.together(), ExitStack() as stack:
        stack.enter_context(turns.together())
        thread, done = begin(turns.together, log, "third")
        threading.Event().wait(0.05)
        assert not log
        stack.close()
        wait_for(log, 1)
    done.set()
    thread.join(5)


def test_who_is_alone_waits_for_all_and_lets_nobody_in():
    turns, log = Turns(2), []
    with turns.together():
        alone, alone_done = begin(turns.alone, log, "alone")
        threading.Event().wait(0.05)
        later, later_done = begin(turns.together, log, "later")
        threading.Event().wait(0.05)
        assert not log
    wait_for(log, 1)
    assert log == ["alone"]
    alone_done.set()
    wait_for(log, 2)
    later_done.set()
    for thread in (alone, later):
        thread.join(5)


def test_an_error_ends_a_turn():
    turns = Turns(1)
    for turn in (turns.alone, turns.together):
        with pytest.raises(ValueError, match="no"), turn():
            raise ValueError("no")
    with turns.alone():
        pass
