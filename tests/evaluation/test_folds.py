import numpy as np
import pytest

from core.errors import DatasetError
from core.evaluation.folds import draw_folds


def test_every_sample_is_held_out_once_classes_are_spread_and_groups_stay_whole():
    labels, groups = np.arange(90) % 3, np.arange(90) // 3 % 15
    folds = draw_folds(labels, groups, 5, seed=0)
    assert set(folds.tolist()) == set(range(5))
    for group in range(15):
        assert len(set(folds[groups == group].tolist())) == 1
    for fold in range(5):
        assert np.bincount(labels[folds == fold]).tolist() == [6, 6, 6]


def test_the_seed_decides():
    labels, groups = np.arange(60) % 2, np.arange(60)
    assert draw_folds(labels, groups, 5, seed=1).tolist() == draw_folds(labels, groups, 5, seed=1).tolist()
    assert draw_folds(labels, groups, 5, seed=1).tolist() != draw_folds(labels, groups, 5, seed=2).tolist()


def test_a_class_in_too_few_groups_is_told_with_how_many_folds_it_can_have():
    labels, groups = np.array([0] * 20 + [1] * 4), np.array([*range(20), 30, 30, 31, 31])
    with pytest.raises(DatasetError, match="one class is in 2") as caught:
        draw_folds(labels, groups, 5, seed=0)
    assert caught.value.remedy == "Ask for 2 folds."


def test_groups_that_leave_a_fold_all_of_a_class_are_told_without_asking_for_what_was_asked():
    labels, groups = np.array([1, 0, 1, 0]), np.array([3, 0, 2, 3])
    with pytest.raises(DatasetError, match="No fold may hold all samples of a class") as caught:
        draw_folds(labels, groups, 2, seed=0)
    assert caught.value.remedy == "Ask for another number of folds."
