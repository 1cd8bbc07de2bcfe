"""A dataset as network input: decoded once, in dataset order."""

import numpy as np
import pytest

from core.backbones.catalogue import get_backbone
from core.datasets.importing import import_dataset
from core.features.cache import ArrayCache
from core.features.inputs import image_inputs, load_inputs, text_inputs

LITE0 = get_backbone("efficientnet-lite0")
MINILM = get_backbone("minilm-l6")


@pytest.fixture
def cache(tmp_path):
    return ArrayCache(tmp_path / "cache")


def load(dataset, store, cache, *, size=32, row=LITE0, on_progress=lambda done, of: None):
    return load_inputs(dataset, row, store=store, cache=cache, image_size_px=size, on_progress=on_progress)


def test_pixels_come_in_dataset_order_at_the_size_asked_for(make_dataset, store, cache):
    dataset = make_dataset(40)  # more than one chunk, so that several threads write
    inputs = load(dataset, store, cache)
    assert inputs.batch(np.arange(3)).values.shape == (3, 3, 32, 32)
    for row in (0, 1, 41, 79):
        alone = image_inputs(LITE0, [store.image_path(dataset.sample_ids[row])], 32)
        np.testing.assert_array_equal(inputs.batch(np.array([row])).values, alone.batch(np.array([0])).values)


def test_images_are_decoded_once_per_size(make_dataset, store, cache):
    dataset = make_dataset()
    steps = []
    for size in (32, 32, 48):
        load(dataset, store, cache, size=size, on_progress=lambda done, of: steps.append((done, of)))
    assert steps == [(8, 8), (8, 8)]


def test_an_import_that_is_stopped_while_decoding_starts_anew(make_dataset, store, cache):
    dataset = make_dataset(40)

    def stop(done, of):
        raise InterruptedError("enough")

    with pytest.raises(InterruptedError):
        load(dataset, store, cache, on_progress=stop)
    assert load(dataset, store, cache).n_samples == 80


def test_texts_become_ragged_token_ids(store, cache, tmp_path):
    table = tmp_path / "texts.csv"
    table.write_text("text,label\nhello there,a\nbye,b\nhello again my friend,a\nsee you later,b\n")
    inputs = load(import_dataset(table, store=store), store, cache, row=MINILM)
    assert inputs.n_samples == 4
    batch = inputs.batch(np.arange(4))
    assert batch.mask.sum(dim=1).tolist() == inputs.lengths.tolist()
    assert (batch.values[:, 0] == batch.values[0, 0]).all()  # every text begins with the same special token


def test_long_texts_are_cut_at_the_backbones_length():
    assert text_inputs(MINILM, ["word " * 1000]).lengths.tolist() == [128]


def test_images_for_a_text_backbone_are_a_fault_of_the_caller():
    with pytest.raises(TypeError, match="minilm-l6"):
        image_inputs(MINILM, [], 32)
