from collections import Counter

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.datasets.split import Shares, draw_splits
from core.errors import ConfigurationError, DatasetError


def ids(n, start=0):
    return [f"{number:040x}" for number in range(start, start + n)]


def sizes(labels, splits):
    return Counter(zip(labels.tolist(), splits.tolist(), strict=True))


def drawn(counts, given=None, seed=0):
    labels = np.repeat(np.arange(len(counts)), counts)
    choice = draw_splits(labels, ids(len(labels)), given or [None] * len(labels), seed=seed)
    return labels, choice


def test_split_keeps_every_class_on_both_sides_when_one_class_has_two_samples():
    labels, choice = drawn([2, 30])
    assert sizes(labels, choice.splits) == {(0, "train"): 1, (0, "val"): 1, (1, "train"): 26, (1, "val"): 4}
    assert choice.origin == "drawn"


def test_a_test_part_is_drawn_when_the_smallest_class_has_ten():
    labels, choice = drawn([10, 100])
    found = sizes(labels, choice.splits)
    assert (found[0, "test"], found[0, "val"], found[0, "train"]) == (2, 2, 6)
    assert (found[1, "test"], found[1, "val"], found[1, "train"]) == (15, 15, 70)
    assert "test" not in drawn([9, 100])[1].splits


def test_the_seed_decides():
    first, same, other = (drawn([40, 40], seed=seed)[1].splits.tolist() for seed in (1, 1, 2))
    assert first == same
    assert first != other


@pytest.mark.parametrize(("n", "n_val"), [(100, 15), (5001, 500)])
def test_val_is_drawn_from_a_given_train_and_a_given_test_is_left_alone(n, n_val):
    labels = np.zeros(n + 20, dtype=int)
    given_splits = ["train"] * n + ["test"] * 20
    choice = draw_splits(labels, ids(n + 20), given_splits, seed=0)
    assert Counter(choice.splits.tolist()) == {"train": n - n_val, "val": n_val, "test": 20}
    assert (choice.splits[n:] == "test").all()
    assert choice.origin == "mixed"


def test_given_train_and_val_are_kept_and_no_test_is_drawn():
    given_splits = ["train"] * 30 + ["val"] * 30
    _, choice = drawn([30, 30], given_splits)
    assert choice.splits.tolist() == given_splits
    assert (choice.origin, choice.findings) == ("given", ())


def test_a_single_given_part_counts_as_no_split_and_is_told():
    _, choice = drawn([20, 20], ["val"] * 40)
    assert set(choice.splits.tolist()) == {"train", "val", "test"}
    assert choice.findings[0].code == "single_part_split"


def test_a_separate_test_set_beside_unsplit_data_is_nothing_odd():
    _, choice = drawn([20, 20], [None] * 30 + ["test"] * 10)
    assert (choice.origin, choice.findings) == ("mixed", ())


def test_samples_without_a_split_among_others_train_and_are_told():
    _, choice = drawn([20, 20], ["train"] * 20 + ["val"] * 10 + [None] * 10)
    assert (choice.splits[30:] == "train").all()
    assert [(finding.code, finding.n) for finding in choice.findings] == [("split_partly_given", 10)]


def test_val_and_test_without_train_are_refused():
    with pytest.raises(DatasetError, match="part to train on"):
        drawn([20], ["val"] * 10 + ["test"] * 10)


@given(
    st.lists(st.tuples(st.integers(0, 3), st.integers(0, 12)), min_size=1, max_size=80),
    st.integers(0, 5),
)
def test_equal_content_never_lies_on_two_sides_of_a_drawn_split(rows, seed):
    labels = np.unique([label for label, _ in rows], return_inverse=True)[1]
    sample_ids = [f"{content:040x}" for _, content in rows]
    choice = draw_splits(labels, sample_ids, [None] * len(rows), seed=seed)
    assert len(set(zip(sample_ids, choice.splits.tolist(), strict=True))) == len(set(sample_ids))
    assert "train" in choice.splits


@given(st.lists(st.integers(2, 60), min_size=2, max_size=6), st.integers(0, 5))
def test_every_class_has_train_and_val_samples(counts, seed):
    labels, choice = drawn(counts, seed=seed)
    found = sizes(labels, choice.splits)
    assert all(found[label, part] for label in range(len(counts)) for part in ("train", "val"))
    assert all(bool(found[label, "test"]) == (min(counts) >= 10) for label in range(len(counts)))


def test_near_copies_stay_on_one_side():
    labels = np.repeat([0, 1], 40)
    copies = np.repeat(np.arange(40), 2)
    splits = draw_splits(labels, ids(80), [None] * 80, seed=3, copies=copies).splits
    assert all(len(set(splits[copies == group])) == 1 for group in range(40))
    assert {*splits} == {"train", "val", "test"}


def test_groups_stay_on_one_side_also_where_only_val_is_drawn():
    labels = np.array([0, 1] * 60)
    groups = [f"person {number // 6}" for number in range(100)] + ["person 0"] * 20
    choice = draw_splits(labels, ids(120), ["train"] * 100 + ["test"] * 20, seed=0, groups=groups)
    in_val = {group for group, split in zip(groups, choice.splits, strict=True) if split == "val"}
    assert in_val
    assert not any(group in in_val for group, split in zip(groups, choice.splits, strict=True) if split == "train")
    assert (choice.splits[100:] == "test").all()


def test_shares_can_be_chosen():
    labels = np.repeat([0, 1], 100)
    choice = draw_splits(labels, ids(200), [None] * 200, seed=0, shares=Shares(val=0.3, test=0))
    assert Counter(choice.splits.tolist()) == {"train": 140, "val": 60}


@pytest.mark.parametrize("shares", [(0, 0.2), (0.6, 0.4), (0.2, 1)])
def test_shares_that_leave_nothing_are_refused(shares):
    with pytest.raises(ConfigurationError, match="shares"):
        Shares(val=shares[0], test=shares[1])
