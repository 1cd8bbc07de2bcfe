"""One piece of work in a fresh process, so that no contestant inherits another one's memory, threads or modules."""

from __future__ import annotations

import multiprocessing
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from typing import ParamSpec, TypeVar

import torch

Arguments = ParamSpec("Arguments")
Result = TypeVar("Result")


def apart(work: Callable[Arguments, Result], *args: Arguments.args, **kwargs: Arguments.kwargs) -> Result:
    """What `work` gives back when a new process, with as many torch threads as this one, calls it.

    Args:
        work: a function of a module; whatever it imports is imported in the new process.
        args: what can be pickled; likewise `kwargs` and what it gives back.
    """
    fresh = multiprocessing.get_context("spawn")
    usual = (torch.get_num_threads(), multiprocessing.get_start_method())
    with ProcessPoolExecutor(1, mp_context=fresh, initializer=_prepare, initargs=usual) as pool:
        return pool.submit(work, *args, **kwargs).result()


def _prepare(n_threads: int, start_method: str) -> None:
    # Else the workers of a data loader would start as this process did: anew, which takes them seconds.
    multiprocessing.set_start_method(start_method, force=True)
    torch.set_num_threads(n_threads)
    torch.manual_seed(0)
