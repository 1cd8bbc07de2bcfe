"""Batches hold what was stored, normalised and padded, whatever rows are asked for."""

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from core.backbones.records import ImagePreprocessing
from core.features.sources import DenseSource, PixelSource, RaggedSource

PREPROCESSING = ImagePreprocessing(size_px=8, mean=(0.1, 0.5, 0.9), std=(0.2, 0.4, 0.6))


@pytest.fixture
def pixels():
    return np.random.default_rng(0).integers(0, 256, (5, 8, 8, 3), dtype=np.uint8)


def test_pixels_are_scaled_to_one_then_normalised_per_channel(pixels):
    rows = np.array([3, 0, 3])
    batch = PixelSource(pixels, PREPROCESSING).batch(rows)
    expected = (pixels[rows] / 255.0 - np.array([0.1, 0.5, 0.9])) / np.array([0.2, 0.4, 0.6])
    np.testing.assert_allclose(batch.values.numpy(), expected.transpose(0, 3, 1, 2), atol=1e-5)
    assert batch.values.dtype == torch.float32
    assert batch.mask is None


def test_black_and_white_reach_the_ends_that_mean_and_spread_give():
    ends = np.zeros((2, 1, 1, 3), dtype=np.uint8)
    ends[1] = 255
    source = PixelSource(ends, ImagePreprocessing(size_px=1, mean=(0.5, 0.5, 0.5), std=(0.5, 0.5, 0.5)))
    values = source.batch(np.array([0, 1])).values.flatten(1)
    assert torch.allclose(values, torch.tensor([[-1.0] * 3, [1.0] * 3]))


def test_reading_a_batch_of_pixels_leaves_the_pixels_as_they_are(pixels):
    before = pixels.copy()
    PixelSource(pixels, PREPROCESSING).batch(np.arange(5)).values.mul_(0)
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
    source = RaggedSource(np.concatenate(texts).astype(np.int32), np.cumsum([0, *map(len, texts)]), fill=7)
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
    batch = RaggedSource(values, np.array([0, 1, 4])).batch(np.array([0, 1]))
    assert batch.values.dtype == torch.float32
    assert batch.values[0].tolist() == [[1, 2], [0, 0], [0, 0]]
    assert batch.values[1].tolist() == [[3, 4], [5, 6], [7, 8]]


def test_sources_say_how_many_samples_and_tokens_they_hold():
    ragged = RaggedSource(np.zeros(5, dtype=np.int32), np.array([0, 2, 5]))
    assert (ragged.n_samples, ragged.lengths.tolist()) == (2, [2, 3])
    dense = DenseSource(np.zeros((4, 2), dtype=np.float32))
    assert (dense.n_samples, dense.lengths) == (4, None)
