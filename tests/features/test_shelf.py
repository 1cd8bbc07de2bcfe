"""Arrays by sample: found whichever entry they lie in, and read as if in one piece."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.features.cache import ArrayCache
from core.features.shelf import JoinedArray, SampleShelf


@pytest.fixture
def cache(tmp_path):
    return ArrayCache(tmp_path / "cache")


def put(shelf, samples, values):
    with shelf.adding(samples) as folder:
        np.save(folder / "values.npy", np.asarray(values, dtype=np.float32))


def read(shelf, samples):
    found = shelf.require(samples)
    joined = found.joined("values")
    return joined[found.places(joined)].tolist()


def test_samples_are_found_in_whichever_entry_they_lie(cache):
    shelf = SampleShelf(cache, "key")
    put(shelf, ["a", "b"], [1, 2])
    put(shelf, ["a longer name", "c"], [3, 4])
    assert read(shelf, ["c", "a", "a longer name", "a"]) == [4, 1, 3, 1]
    assert shelf.count_missing(["d", "b", "a longer nam"]) == 2
    assert shelf.find(["d", "b"]).is_missing.tolist() == [True, False]


def test_a_shelf_knows_only_what_was_computed_alike(cache):
    put(SampleShelf(cache, "key"), ["a"], [1])
    assert SampleShelf(cache, "other").count_missing(["a"]) == 1
    assert SampleShelf(cache, "ke").count_missing(["a"]) == 1


def test_an_empty_shelf_misses_everything(cache):
    assert SampleShelf(cache, "key").find(["a", "b"]).is_missing.all()
    with pytest.raises(FileNotFoundError, match="key"):
        SampleShelf(cache, "key").require(["a"])


def test_an_entry_whose_writer_failed_holds_nothing(cache):
    shelf = SampleShelf(cache, "key")
    with pytest.raises(RuntimeError), shelf.adding(["a"]):
        raise RuntimeError("no more")
    assert shelf.count_missing(["a"]) == 1


def test_evicted_samples_are_missing_again_and_the_others_stay(cache, tmp_path):
    shelf = SampleShelf(cache, "key")
    put(shelf, ["a"], [1])
    (first,) = (tmp_path / "cache").iterdir()
    put(shelf, ["b"], [2])
    for file in first.iterdir():
        file.unlink()
    first.rmdir()
    assert shelf.find(["a", "b"]).is_missing.tolist() == [True, False]
    assert read(shelf, ["b"]) == [2]


@given(st.lists(st.integers(0, 5), min_size=1, max_size=4), st.data())
def test_joined_arrays_are_indexed_like_their_concatenation(lengths, data):
    parts = [np.random.default_rng(n).normal(size=(length, 2)) for n, length in enumerate(lengths)]
    whole = np.concatenate(parts)
    joined = JoinedArray(parts)
    assert joined.shape == whole.shape
    if not len(whole):
        return
    index = np.array(data.draw(st.lists(st.integers(0, len(whole) - 1), max_size=9)), dtype=np.int64)
    np.testing.assert_array_equal(joined[index], whole[index])
    np.testing.assert_array_equal(joined[index[:, None]], whole[index[:, None]])


def test_of_parts_in_half_and_in_single_precision_no_digit_is_lost():
    joined = JoinedArray([np.ones(2, dtype=np.float16), np.full(2, 1e6, dtype=np.float32)])
    assert joined[np.array([3, 0])].tolist() == [1e6, 1.0]
