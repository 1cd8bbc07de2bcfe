"""A dataset as network input: decoded once, in dataset order."""

import numpy as np
import pytest

from core.backbones.catalogue import get_backbone
from core.datasets.importing import import_dataset
from core.errors import DatasetError, OutOfResourcesError
from core.features.cache import ArrayCache
from core.features.inputs import image_inputs, open_inputs, text_inputs
from core.features.views import Views

LITE0 = get_backbone("efficientnet-lite0")
MINILM = get_backbone("minilm-l6")


@pytest.fixture
def cache(tmp_path):
    return ArrayCache(tmp_path / "cache")


def open_(dataset, store, cache, *, size=32, row=LITE0, views=None):
    return open_inputs(dataset, row, store=store, cache=cache, image_size_px=size, views=views or Views())


def read(dataset, store, cache, *, on_progress=lambda done, of: None, **how):
    return open_(dataset, store, cache, **how).read(np.arange(dataset.n_samples), on_progress)


def alone(dataset, store, row, size=32):
    return image_inputs(LITE0, [store.image_path(dataset.sample_ids[row])], size).batch(np.array([0])).values


def test_pixels_come_in_dataset_order_at_the_size_asked_for(make_dataset, store, cache):
    dataset = make_dataset(40)  # more than one chunk, so that several threads write
    inputs = read(dataset, store, cache)
    assert inputs.batch(np.arange(3)).values.shape == (3, 3, 32, 32)
    for row in (0, 1, 41, 79):
        np.testing.assert_array_equal(inputs.batch(np.array([row])).values, alone(dataset, store, row))


def test_images_are_decoded_once_per_size(make_dataset, store, cache):
    dataset = make_dataset()
    steps = []
    for size in (32, 32, 48):
        read(dataset, store, cache, size=size, on_progress=lambda done, of: steps.append((done, of)))
    assert steps == [(8, 8), (8, 8)]


def test_images_can_be_had_in_any_order_while_the_others_are_being_decoded(make_dataset, store, cache):
    dataset = make_dataset(40)
    inputs = open_(dataset, store, cache)
    rows = np.arange(80)
    assert inputs.count_unread(rows) == 80
    with inputs.reading(rows) as source:
        last_first = source.batch(rows[::-1]).values
    assert inputs.count_unread(rows) == 0
    np.testing.assert_array_equal(last_first[0], alone(dataset, store, 79)[0])
    np.testing.assert_array_equal(last_first, read(dataset, store, cache).batch(rows[::-1]).values)


def test_only_the_images_that_are_asked_for_are_decoded(make_dataset, store, cache):
    dataset = make_dataset(40)
    inputs = open_(dataset, store, cache)
    with inputs.reading(np.array([7, 70])) as source:
        np.testing.assert_array_equal(source.batch(np.array([70])).values, alone(dataset, store, 70))
    assert inputs.count_unread(np.arange(80)) == 78
    steps = []
    np.testing.assert_array_equal(
        read(dataset, store, cache, on_progress=lambda *step: steps.append(step)).batch(np.array([7])).values,
        alone(dataset, store, 7),
    )
    assert steps[-1] == (78, 78)


def test_decoding_that_is_stopped_leaves_nothing_half_done(make_dataset, store, cache):
    dataset = make_dataset(40)

    def stop(done, of):
        raise InterruptedError("enough")

    with pytest.raises(InterruptedError):
        read(dataset, store, cache, on_progress=stop)
    assert open_(dataset, store, cache).count_unread(np.arange(80)) == 80
    assert read(dataset, store, cache).n_samples == 80


def test_an_image_that_vanished_is_named_and_the_others_are_not_lost(make_dataset, store, cache):
    dataset = make_dataset(4)
    store.image_path(dataset.sample_ids[5]).unlink()
    with pytest.raises(DatasetError, match=dataset.sample_ids[5]):
        read(dataset, store, cache)
    with open_(dataset, store, cache).reading(np.arange(5)) as source:
        assert source.batch(np.array([4])).values.shape == (1, 3, 32, 32)


def test_images_beyond_the_budget_of_the_disk_are_refused_before_they_are_decoded(make_dataset, store, tmp_path):
    small = ArrayCache(tmp_path / "small", budget_bytes=8 * 3 * 32 * 32 - 1)
    with pytest.raises(OutOfResourcesError, match="GB"):
        read(make_dataset(4), store, small)
    assert not (tmp_path / "small").exists()


def test_further_views_are_rows_behind_the_images_and_the_same_every_time(make_dataset, store, cache):
    dataset = make_dataset(4)
    views = Views(n=3)
    rows = np.arange(24)
    first, again = (open_(dataset, store, cache, views=views).read(rows, print) for _ in range(2))
    plain = read(dataset, store, cache).batch(np.arange(8)).values
    np.testing.assert_array_equal(first.batch(np.arange(8)).values, plain)
    np.testing.assert_array_equal(first.batch(rows).values, again.batch(rows).values)
    others = first.batch(np.arange(8, 24)).values.reshape(2, 8, *plain.shape[1:])
    assert not np.array_equal(others[0], others[1])
    for view in others:
        assert all(not np.array_equal(one, image) for one, image in zip(view, plain, strict=True))
    assert open_(dataset, store, cache, views=views).count_unread(rows) == 0  # views are made from the same pixels


def test_texts_become_ragged_token_ids(store, cache, tmp_path):
    table = tmp_path / "texts.csv"
    table.write_text("text,label\nhello there,a\nbye,b\nhello again my friend,a\nsee you later,b\n")
    inputs = read(import_dataset(table, store=store), store, cache, row=MINILM)
    assert inputs.n_samples == 4
    batch = inputs.batch(np.arange(4))
    assert batch.mask.sum(dim=1).tolist() == inputs.lengths.tolist()
    assert (batch.values[:, 0] == batch.values[0, 0]).all()  # every text begins with the same special token


def test_long_texts_are_cut_at_the_backbones_length():
    assert text_inputs(MINILM, ["word " * 1000]).lengths.tolist() == [128]


def test_images_for_a_text_backbone_are_a_fault_of_the_caller():
    with pytest.raises(TypeError, match="minilm-l6"):
        image_inputs(MINILM, [], 32)
