"""Centred kernel alignment: what it must not see, what it must, and that it has no bias."""

import numpy as np
import pytest

from core.evaluation.alignment import linear_cka


@pytest.fixture
def features():
    return np.random.default_rng(0).standard_normal((60, 20)).astype(np.float32) * np.linspace(1, 4, 20)


def test_the_same_representation_is_alike(features):
    assert linear_cka(features, features) == 1.0


def test_turning_scaling_and_shifting_change_nothing(features):
    turn, _ = np.linalg.qr(np.random.default_rng(1).standard_normal((20, 20)))
    assert linear_cka(features, 7 * features @ turn + 100) == pytest.approx(1.0, abs=1e-6)


def test_the_more_is_replaced_the_less_alike_it_is(features):
    other = np.random.default_rng(2).standard_normal(features.shape)
    found = [linear_cka(features, features + size * other) for size in (0.1, 1.0, 10.0)]
    assert 1 > found[0] > found[1] > found[2]


def test_unrelated_representations_wider_than_samples_are_many_are_not_taken_for_alike():
    rng = np.random.default_rng(3)
    found = [linear_cka(*(rng.standard_normal((2, 24, 400)))) for _ in range(40)]
    plain = [_plain_cka(*(rng.standard_normal((2, 24, 400)))) for _ in range(3)]
    assert abs(np.mean(found)) < 0.02
    assert min(plain) > 0.9


def test_four_samples_by_hand():
    """Against the sums of Song et al. (2012) written out."""
    rng = np.random.default_rng(4)
    first, second = rng.standard_normal((2, 4, 2))
    expected = _hsic_by_loops(first, second) / np.sqrt(_hsic_by_loops(first, first) * _hsic_by_loops(second, second))
    assert linear_cka(first, second) == pytest.approx(min(1.0, expected))


def test_a_representation_that_is_the_same_for_all_has_nothing_to_compare(features):
    assert linear_cka(features, np.ones((60, 3), dtype=np.float32)) is None


def test_too_few_or_other_samples_are_refused(features):
    with pytest.raises(ValueError, match="found 3, 3"):
        linear_cka(features[:3], features[:3])
    with pytest.raises(ValueError, match="found 60, 59"):
        linear_cka(features, features[:59])


def _plain_cka(first, second):
    first, second = first - first.mean(axis=0), second - second.mean(axis=0)
    norm = np.linalg.norm
    return norm(second.T @ first) ** 2 / (norm(first.T @ first) * norm(second.T @ second))


def _hsic_by_loops(first, second):
    first, second = first - first.mean(axis=0), second - second.mean(axis=0)
    n = len(first)
    k = np.array([[0.0 if i == j else first[i] @ first[j] for j in range(n)] for i in range(n)])
    m = np.array([[0.0 if i == j else second[i] @ second[j] for j in range(n)] for i in range(n)])
    ones = np.ones(n)
    scaled = (ones @ k @ ones) * (ones @ m @ ones) / ((n - 1) * (n - 2))
    return (np.trace(k @ m) + scaled - 2 / (n - 2) * ones @ k @ m @ ones) / (n * (n - 3))
