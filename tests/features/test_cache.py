"""Entries of the cache: whole or absent, found by what decides their content."""

import os
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

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


def write_entry(cache: ArrayCache, key: str, n_bytes: int) -> None:
    with cache.writing(key) as folder:
        np.save(folder / "values.npy", np.zeros(n_bytes, dtype=np.uint8))


def test_the_entries_unused_for_longest_go_when_the_budget_is_spent(tmp_path: Path) -> None:
    cache = ArrayCache(tmp_path, budget_bytes=25_000)
    for key in ("old", "older"):
        write_entry(cache, key, 10_000)
    os.utime(tmp_path / "old", (1_000_000, 1_000_000))
    os.utime(tmp_path / "older", (900_000, 900_000))
    write_entry(cache, "new", 10_000)
    assert {path.name for path in tmp_path.iterdir()} == {"old", "new"}


def test_entries_in_use_stay_whatever_the_budget(tmp_path: Path) -> None:
    cache = ArrayCache(tmp_path, budget_bytes=1)
    write_entry(cache, "first", 1_000)
    write_entry(cache, "second", 1_000)
    assert {path.name for path in tmp_path.iterdir()} == {"first", "second"}


def test_what_a_killed_process_left_unfinished_is_removed_a_day_later(tmp_path: Path) -> None:
    (tmp_path / "draft-x").mkdir()
    (tmp_path / "draft-y").mkdir()
    os.utime(tmp_path / "draft-x", (1_000_000, 1_000_000))
    write_entry(ArrayCache(tmp_path), "entry", 10)
    assert {path.name for path in tmp_path.iterdir()} == {"draft-y", "entry"}
