"""Warming up: once per process, in the background, with everything the first training needs."""

import importlib.util
import sys

from core.workflows.warm_up import MODULES, start_warm_up


def test_one_thread_imports_the_heavy_rooms_once() -> None:
    thread = start_warm_up()
    thread.join(120)
    assert not thread.is_alive()
    assert set(MODULES) <= set(sys.modules)
    assert start_warm_up() is thread


def test_the_thread_does_not_keep_the_process_alive() -> None:
    assert start_warm_up().daemon


def test_every_module_that_is_warmed_up_exists() -> None:
    assert all(importlib.util.find_spec(name) for name in MODULES)
