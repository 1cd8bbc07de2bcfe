"""The nearest rows in feature space."""

import numpy as np
import pytest

from core.explanation.neighbours import nearest


def test_the_sample_itself_comes_first_and_the_most_alike_behind_it():
    features = np.array([[5.0, 1.0], [5.0, 1.2], [5.0, -1.0], [4.0, -0.9]]) + 100  # all in one corner
    found = nearest(features, features[0], n=3)
    assert [one.row for one in found][:2] == [0, 1]
    assert found[0].similarity == pytest.approx(1.0)
    assert [one.similarity for one in found] == sorted((one.similarity for one in found), reverse=True)
    assert len(found) == 3


def test_features_that_are_all_equal_are_like_nothing():
    assert {one.similarity for one in nearest(np.ones((3, 2)), np.ones(2), n=5)} == {0.0}
