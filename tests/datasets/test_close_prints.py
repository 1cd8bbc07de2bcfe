"""Close fingerprints are found as if all had been compared with all."""

from itertools import combinations

import numpy as np
import pytest

from core.datasets.close_prints import close_pairs

MAX_BITS = 8


def found(prints, max_bits=MAX_BITS):
    return {(int(one), int(two)) for places in close_pairs(prints, max_bits) for one, two in places.T}


def compared(prints, max_bits=MAX_BITS):
    values = [int(value) for value in prints]
    pairs = combinations(range(len(values)), 2)
    return {(one, two) for one, two in pairs if (values[one] ^ values[two]).bit_count() <= max_bits}


def turned(prints, n_bits, rng):
    """Each fingerprint with that many of its bits turned."""
    bits = rng.permuted(np.arange(64) < np.array(n_bits)[:, None], axis=1)
    return prints ^ np.packbits(bits, axis=1).view(np.uint64).ravel()


def test_every_close_pair_is_found_and_no_other_one():
    rng = np.random.default_rng(0)
    prints = rng.integers(2**63, size=150, dtype=np.uint64)
    prints = np.concatenate([prints, turned(prints, np.arange(150) % 12, rng)])
    assert len(found(prints)) >= 100
    assert found(prints) == compared(prints)


def test_it_holds_where_most_of_the_bits_are_the_same():
    prints = np.random.default_rng(0).integers(2**63, size=200, dtype=np.uint64) & np.uint64(0xFFFF)
    assert found(prints) == compared(prints)


@pytest.mark.parametrize("n", [0, 1, 2, 40])
def test_equal_fingerprints_are_close(n):
    assert found(np.full(n, 7, dtype=np.uint64)) == set(combinations(range(n), 2))


def test_further_apart_than_the_bands_can_tell_is_refused():
    with pytest.raises(ValueError, match="up to 8 bits"):
        found(np.zeros(2, dtype=np.uint64), max_bits=9)
