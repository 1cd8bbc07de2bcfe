"""Samples laid out in the plane: what varies most, who is near whom, and turned to be compared."""

import numpy as np
import pytest

from core.evaluation import plane
from core.evaluation.plane import neighbour_plane, principal_plane, turned_onto

GROUPS = np.arange(90) % 3


@pytest.fixture
def features():
    """Three groups in 20 dimensions, two of which they lie apart in."""
    found = 0.1 * np.random.default_rng(0).standard_normal((90, 20)).astype(np.float32)
    found[:, 3] += 2.0 * GROUPS
    found[:, 7] += GROUPS == 1
    return found


@pytest.fixture
def quick(monkeypatch):
    monkeypatch.setattr(plane, "MAX_ITERATIONS", 300)


def nearest_in_own_group(positions):
    distances = np.linalg.norm(positions[:, None] - positions[None], axis=2)
    np.fill_diagonal(distances, np.inf)
    return (GROUPS[distances.argmin(axis=1)] == GROUPS).mean()


def test_the_main_directions_are_those_of_most_variance(features):
    positions, shares = principal_plane(features)
    assert positions.shape == (90, 2)
    assert abs(np.corrcoef(positions[:, 0], features[:, 3])[0, 1]) > 0.999
    assert shares[0] > shares[1] > 0
    assert sum(shares) > 0.8


def test_neighbours_stay_together_and_the_same_features_give_the_same_picture(features, quick):
    start, _ = principal_plane(features)
    positions = neighbour_plane(features, start)
    assert positions.shape == (90, 2)
    assert nearest_in_own_group(positions) == 1.0
    np.testing.assert_array_equal(positions, neighbour_plane(features, start))


def test_a_handful_of_samples_is_laid_out_too(features, quick):
    few = features[:4]
    start, _ = principal_plane(few)
    assert np.isfinite(neighbour_plane(few, start)).all()


def test_samples_that_are_all_the_same_lie_in_one_place():
    positions, shares = principal_plane(np.ones((6, 5), dtype=np.float32))
    np.testing.assert_allclose(positions, 0, atol=1e-5)
    assert np.isfinite(shares).all()


def test_what_was_turned_mirrored_and_shifted_is_turned_back(features):
    reference, _ = principal_plane(features)
    turn = np.array([[0.6, -0.8], [-0.8, -0.6]])  # a mirror among turns
    np.testing.assert_allclose(turned_onto(reference @ turn + 9, reference), reference, atol=1e-4)


def test_turning_keeps_distances(features):
    reference, _ = principal_plane(features)
    other = np.random.default_rng(1).standard_normal((90, 2)).astype(np.float32)
    turned = turned_onto(other, reference)
    before, after = (np.linalg.norm(one[0] - one[1:], axis=1) for one in (other, turned))
    np.testing.assert_allclose(before, after, rtol=1e-4)
