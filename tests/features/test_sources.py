"""Batches hold what was stored, padded, whatever rows are asked for."""

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from core.features.sources import DenseSource, PixelSource, RaggedSource


@pytest.fixture
def pixels():
    return np.random.default_rng(0).integers(0, 256, (5, 8, 8, 3), dtype=np.uint8)


def test_pixels_come_as_they_are_channels_first(pixels):
    rows = np.array([3, 0, 3])
    batch = PixelSource(pixels).batch(rows)
    np.testing.assert_array_equal(batch.values.numpy(), pixels[rows].transpose(0, 3, 1, 2))
    assert batch.values.dtype == torch.uint8
    assert batch.mask is None


def test_reading_a_batch_of_pixels_leaves_the_pixels_as_they_are(pixels):
    before = pixels.copy()
    PixelSource(pixels).batch(np.arange(5)).values.mul_(0)
    np.testing.assert_array_equal(pixels, before)


def test_activations_stored_in_half_precision_are_read_in_single(tmp_path):
    values = np.random.default_rng(1).normal(size=(6, 4, 3, 3)).astype(np.float16)
    np.save(tmp_path / "values.npy", values)
    batch = DenseSource(np.load(tmp_path / "values.npy", mmap_mode="r")).batch(np.array([5, 1]))
    assert batch.values.dtype == torch.float32
    np.testing.assert_array_equal(batch.values.numpy(), values[[5, 1]].astype(np.float32))


def test_activations_of_read_only_files_may_be_changed_in_the_batch(tmp_path):
    np.save(tmp_path / "values.npy", np.ones((3, 2), dtype=np.float32))
    stored = np.load(tmp_path / "values.npy", mmap_mode="r")
    DenseSource(stored).batch(np.array([0, 2])).values.zero_()
    assert (np.asarray(stored) == 1).all()


@given(st.data())
def test_ragged_batches_hold_every_sample_and_mask_the_rest(data):
    texts = data.draw(st.lists(st.lists(st.integers(1, 99), min_size=1, max_size=9), min_size=1, max_size=12))
    rows = np.array(data.draw(st.lists(st.integers(0, len(texts) - 1), min_size=1, max_size=9)))
    source = RaggedSource.end_to_end(np.concatenate(texts).astype(np.int32), np.cumsum([0, *map(len, texts)]), fill=7)
    batch = source.batch(rows)
    assert batch.values.dtype == torch.int64
    assert batch.mask.shape == batch.values.shape == (len(rows), max(len(texts[row]) for row in rows))
    for row, values, mask in zip(rows, batch.values, batch.mask, strict=True):
        n_tokens = len(texts[row])
        assert values[:n_tokens].tolist() == texts[row]
        assert (values[n_tokens:] == 7).all()
        assert mask.tolist() == [True] * n_tokens + [False] * (len(mask) - n_tokens)


def test_ragged_activations_are_read_in_single_precision_and_padded_with_zeros():
    values = np.arange(1, 9, dtype=np.float16).reshape(4, 2)
    batch = RaggedSource.end_to_end(values, np.array([0, 1, 4])).batch(np.array([0, 1]))
    assert batch.values.dtype == torch.float32
    assert batch.values[0].tolist() == [[1, 2], [0, 0], [0, 0]]
    assert batch.values[1].tolist() == [[3, 4], [5, 6], [7, 8]]


def test_sources_say_how_many_samples_and_tokens_they_hold():
    ragged = RaggedSource.end_to_end(np.zeros(5, dtype=np.int32), np.array([0, 2, 5]))
    assert (ragged.n_samples, ragged.lengths.tolist()) == (2, [2, 3])
    dense = DenseSource(np.zeros((4, 2), dtype=np.float32))
    assert (dense.n_samples, dense.lengths) == (4, None)
