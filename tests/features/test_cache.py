"""Entries of the cache: whole or absent, found by what decides their content."""

import threading
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.features.cache import ArrayCache, cache_key

KEY = cache_key(of="a test")


@pytest.fixture
def cache(tmp_path):
    return ArrayCache(tmp_path / "cache")


def test_what_was_written_is_read_back_and_cannot_be_changed(cache):
    with cache.writing(KEY) as folder:
        np.save(folder / "values.npy", np.arange(6.0))
        np.save(folder / "offsets.npy", np.array([0, 6]))
    entry = cache.require(KEY)
    assert sorted(entry) == ["offsets", "values"]
    np.testing.assert_array_equal(entry["values"], np.arange(6.0))
    with pytest.raises(ValueError, match="read-only"):
        entry["values"][0] = 9


def test_an_entry_is_not_seen_before_it_is_whole(cache):
    with cache.writing(KEY) as folder:
        np.save(folder / "values.npy", np.zeros(3))
        assert cache.get(KEY) is None
    assert cache.get(KEY) is not None


def test_a_writer_that_fails_leaves_nothing_behind(cache, tmp_path):
    def fail():
        with cache.writing(KEY) as folder:
            np.save(folder / "values.npy", np.zeros(3))
            raise RuntimeError("no more")

    with pytest.raises(RuntimeError, match="no more"):
        fail()
    assert cache.get(KEY) is None
    assert list((tmp_path / "cache").iterdir()) == []


def test_of_two_writers_of_one_key_both_end_well_and_one_entry_stays(cache, tmp_path):
    together = threading.Barrier(2)

    def write(number):
        with cache.writing(KEY) as folder:
            np.save(folder / "values.npy", np.full(4, number))
            together.wait(timeout=5)

    with ThreadPoolExecutor(2) as pool:
        list(pool.map(write, (1, 2)))
    assert len(set(cache.require(KEY)["values"].tolist())) == 1
    assert [path.name for path in (tmp_path / "cache").iterdir()] == [KEY]


def test_an_entry_that_vanished_is_missed_by_name(cache):
    with pytest.raises(FileNotFoundError, match=KEY):
        cache.require(KEY)


@given(st.dictionaries(st.sampled_from("abcdef"), st.integers() | st.text(max_size=5), min_size=1))
def test_equal_parts_give_equal_keys_and_any_change_another_one(parts):
    assert cache_key(**parts) == cache_key(**dict(reversed(parts.items())))
    name = next(iter(parts))
    assert cache_key(**parts) != cache_key(**{**parts, name: [parts[name]]})
