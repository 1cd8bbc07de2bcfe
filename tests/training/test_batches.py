"""An epoch goes through all rows once, in an order that its seed decides."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.training.batches import draw_classes_alike, epoch_batches, pair_batches

ROWS = st.lists(st.integers(0, 400), min_size=1, max_size=200, unique=True).map(np.array)
LENGTHS = np.random.default_rng(0).integers(1, 60, 401)


@given(rows=ROWS, batch_size=st.integers(1, 50), seed=st.integers(0, 9), is_ragged=st.booleans())
def test_batches_are_a_permutation_of_the_rows(rows, batch_size, seed, is_ragged):
    batches = epoch_batches(rows, LENGTHS if is_ragged else None, batch_size, seed=(seed, 1))
    assert sorted(np.concatenate(batches)) == sorted(rows)
    assert max(map(len, batches)) <= batch_size + 1
    assert len(batches) <= -(-len(rows) // batch_size)


@given(rows=ROWS, batch_size=st.integers(2, 50), is_ragged=st.booleans())
def test_no_batch_holds_a_single_row_where_there_are_more(rows, batch_size, is_ragged):
    batches = epoch_batches(rows, LENGTHS if is_ragged else None, batch_size, seed=(0, 1))
    assert min(map(len, batches)) > 1 or len(rows) == 1


def test_equal_seeds_give_equal_orders_and_other_epochs_others():
    def order(*seed):
        return np.concatenate(epoch_batches(np.arange(100), None, 8, seed=seed)).tolist()

    assert order(0, 1) == order(0, 1)
    assert len({tuple(order(*seed)) for seed in ((0, 1), (0, 2), (1, 1))}) == 3


def test_classes_are_drawn_alike_and_rare_samples_repeat_no_more_than_they_must():
    labels = np.array([0] * 70 + [1] * 20 + [2] * 10)
    rows = np.arange(100) + 5
    drawn = draw_classes_alike(rows, labels, seed=(0, 1))
    assert len(drawn) == 100
    assert sorted(np.bincount(labels[drawn - 5])) == [33, 33, 34]
    times = np.bincount(drawn - 5, minlength=100)
    assert times[:70].max() == 1
    assert set(times[70:90]) == {1, 2}
    assert set(times[90:]) <= {3, 4}
    assert drawn.tolist() == draw_classes_alike(rows, labels, seed=(0, 1)).tolist()
    over_epochs = np.concatenate([draw_classes_alike(rows, labels, seed=(0, epoch)) for epoch in range(30)])
    assert set(over_epochs) == set(rows)


def test_texts_of_one_batch_are_of_similar_length_and_batches_come_in_no_order():
    lengths = np.random.default_rng(1).integers(1, 100, 320)
    batches = epoch_batches(np.arange(320), lengths, 10, seed=(0, 1))
    spread = np.mean([np.ptp(lengths[batch]) for batch in batches])
    assert spread < 10
    means = [lengths[batch].mean() for batch in batches]
    assert means != sorted(means)


@pytest.mark.parametrize("batch_size", [2, 8, 64])
@pytest.mark.parametrize("counts", [(4, 4, 4), (5, 3, 1, 2), (1, 2), (40, 7)])
def test_every_row_that_has_a_like_comes_once_and_never_without_one(counts, batch_size):
    labels = np.repeat(np.arange(len(counts)), counts)
    rows = 100 + np.arange(len(labels))
    batches = pair_batches(rows, labels, batch_size, seed=(0, 1))
    expected = rows[np.isin(labels, [one for one, n in enumerate(counts) if n > 1])]
    assert sorted(np.concatenate(batches)) == expected.tolist()
    for batch in batches:
        n_each = np.unique_counts(labels[batch - 100]).counts
        assert n_each.min() >= 2
        assert len(batch) <= batch_size + len(counts)


def test_another_epoch_pairs_anew_and_the_same_one_alike():
    labels = np.arange(40) % 4
    drawn = [pair_batches(np.arange(40), labels, 8, seed=(3, epoch)) for epoch in (1, 1, 2)]
    assert [batch.tolist() for batch in drawn[0]] == [batch.tolist() for batch in drawn[1]]
    assert [batch.tolist() for batch in drawn[0]] != [batch.tolist() for batch in drawn[2]]


def test_no_class_with_two_makes_no_batch():
    assert pair_batches(np.arange(3), np.arange(3), 8, seed=(0,)) == []
