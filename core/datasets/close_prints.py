"""Pairs of 64-bit fingerprints that differ in a few bits, found without comparing each with all others."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from itertools import combinations

import numpy as np
from numpy.typing import NDArray

from core.arrays import IntArray

N_BANDS = 10
COMPARED_AT_ONCE = 4_000_000
"""Fingerprints held against others in one step, 9 bytes each."""

Prints = NDArray[np.uint64]
Progress = Callable[[int, int], None]


def close_pairs(prints: Prints, max_bits: int, *, on_progress: Progress = lambda *_: None) -> Iterator[IntArray]:
    """Places of all pairs that differ in at most `max_bits` bits, the lower one first; a pair may come several times.

    The bits are dealt out to ten bands. Where two fingerprints differ in at most eight bits, they agree in two bands at
    least, so only those that agree in some two bands are compared (Norouzi et al. 2012, multi-index hashing): of random
    ones 0.6 %. Where so many agree that this saves nothing, as in films of a fixed camera, all are compared with all.

    Args:
        prints: shape (n,).
        max_bits: at most 8.
        on_progress: called with (done, of).

    Yields:
        Places, shape (2, n_found), with n_found bounded.
    """
    if max_bits > N_BANDS - 2:
        raise ValueError(f"{N_BANDS} bands find pairs that differ in up to {N_BANDS - 2} bits")
    n_all = len(prints) * (len(prints) - 1) // 2
    keys = list(_keys(prints))
    if sum(map(_n_agreeing, keys)) >= n_all:
        yield from _compare_all(prints, max_bits, on_progress)
        return
    for number, key in enumerate(keys):
        on_progress(number, len(keys))
        for places in _agreeing(key):
            yield places[:, _n_differing(prints, places) <= max_bits]


def _keys(prints: Prints) -> Iterator[NDArray[np.uint16]]:
    """For every two bands what the fingerprints have in them, shape (n,)."""
    bits = np.unpackbits(prints[:, None].view(np.uint8), axis=1)
    bands = [_number(bits[:, band::N_BANDS]) for band in range(N_BANDS)]
    for first, second in combinations(bands, 2):
        yield (first << np.uint16(7)) | second


def _number(bits: NDArray[np.uint8]) -> NDArray[np.uint16]:
    weights = np.uint16(1) << np.arange(bits.shape[1], dtype=np.uint16)
    number: NDArray[np.uint16] = (bits * weights).sum(axis=1, dtype=np.uint16)
    return number


def _n_agreeing(key: NDArray[np.uint16]) -> int:
    """How many pairs have the same key."""
    counts = np.bincount(key).astype(np.int64) if len(key) else np.zeros(1, dtype=np.int64)
    return int((counts * (counts - 1) // 2).sum())


def _agreeing(key: NDArray[np.uint16]) -> Iterator[IntArray]:
    """Places of pairs that have the same key: in the order of the keys each with the next, then the next but one."""
    order = np.argsort(key, kind="stable")
    in_order = key[order]
    places = np.arange(len(key))
    for distance in range(1, len(key)):
        places = places[: np.searchsorted(places, len(key) - distance)]
        places = places[in_order[places] == in_order[places + distance]]
        if not len(places):
            return
        yield np.stack([order[places], order[places + distance]])


def _compare_all(prints: Prints, max_bits: int, on_progress: Progress) -> Iterator[IntArray]:
    block = max(1, COMPARED_AT_ONCE // max(1, len(prints)))
    for start in range(0, len(prints), block):
        on_progress(start, len(prints))
        differing = np.bitwise_count(prints[start : start + block, None] ^ prints[None, start:])
        found = np.stack(np.nonzero(differing <= max_bits))
        yield found[:, found[1] > found[0]] + start


def _n_differing(prints: Prints, places: IntArray) -> NDArray[np.uint8]:
    n_bits: NDArray[np.uint8] = np.bitwise_count(prints[places[0]] ^ prints[places[1]])
    return n_bits
