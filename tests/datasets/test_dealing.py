import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.datasets.dealing import deal_groups
from core.errors import DatasetError

SHARES = {"val": 0.15, "test": 0.15}


def dealt(labels, groups, seed=0, shares=SHARES):
    return deal_groups(np.array(labels), np.array(groups), shares, np.random.default_rng(seed))


def test_each_class_gets_its_shares_where_groups_hold_several_classes():
    labels, groups = np.tile(np.arange(10), 200), np.repeat(np.arange(200), 10)
    parts = dealt(labels, groups)
    for label in range(10):
        found = parts[labels == label]
        assert abs((found == "val").mean() - 0.15) <= 0.01
        assert abs((found == "test").mean() - 0.15) <= 0.01


@given(st.lists(st.tuples(st.integers(0, 2), st.integers(0, 9)), min_size=20, max_size=60), st.integers(0, 9))
def test_a_group_never_lies_in_two_parts_and_train_has_every_class(rows, seed):
    labels, groups = np.array(rows).T
    try:
        parts = dealt(labels, groups, seed)
    except DatasetError:
        return
    assert set(parts) == {"train", "val", "test"}
    for group in set(groups.tolist()):
        assert len(set(parts[groups == group])) == 1
    assert set(labels[parts == "train"]) == set(labels)


def test_the_seed_decides():
    labels, groups = [0, 1] * 100, np.repeat(np.arange(50), 4)
    assert dealt(labels, groups, 1).tolist() == dealt(labels, groups, 1).tolist()
    assert dealt(labels, groups, 1).tolist() != dealt(labels, groups, 2).tolist()


def test_too_few_groups_are_told():
    with pytest.raises(DatasetError, match="there are 2"):
        dealt([0, 1] * 10, [0, 0, 1, 1] * 5)
