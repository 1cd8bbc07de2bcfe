"""Inputs unlike the training data: the nearest sample, a threshold that keeps its word, a file of plain arrays."""

import numpy as np
import pytest

from core.evaluation.novelty import (
    MAX_KEPT,
    MAX_NUMBERS,
    MIN_HELD_OUT,
    fit_novelty,
    load_novelty,
    n_to_keep,
    nearest_distances,
    save_novelty,
)


def features(n, seed, *, centre=3.0, n_features=16):
    return (centre + np.random.default_rng(seed).normal(size=(n, n_features))).astype(np.float32)


def unlike(novelty, given):
    return novelty.is_unlike(novelty.further_than(given))


def test_the_distance_is_that_of_the_directions_whatever_the_lengths():
    kept = np.array([[1, 0], [0, 1]], dtype=np.float16)
    found = nearest_distances(np.array([[5.0, 0.0], [1.0, 1.0], [-2.0, 0.0]]), kept)
    assert found == pytest.approx([0.0, 1 - 0.5**0.5, 1.0], abs=1e-6)


def test_about_one_in_twenty_of_the_same_kind_is_called_unlike_and_all_of_another_kind():
    shares = []
    for seed in range(20):
        novelty = fit_novelty(features(200, seed), features(100, 100 + seed))
        shares.append(unlike(novelty, features(200, 200 + seed)).mean())
    assert np.mean(shares) == pytest.approx(0.05, abs=0.02)
    assert unlike(novelty, features(50, 1, centre=-3.0)).all()
    assert (novelty.further_than(features(50, 1, centre=-3.0)) == 1.0).all()


def test_the_share_counts_the_validation_samples_that_are_nearer():
    novelty = fit_novelty(features(50, 0), features(100, 1))
    share = novelty.further_than(features(30, 2))
    distances = nearest_distances(features(30, 2), novelty.kept)
    assert share == pytest.approx([(novelty.distances < one).mean() for one in distances])
    assert (unlike(novelty, features(30, 2)) == ((1 + (1 - share) * 100).round(6) / 101 <= 0.05)).all()


def test_a_training_sample_itself_is_never_unlike():
    train = features(50, 0)
    novelty = fit_novelty(train, features(40, 1))
    assert not unlike(novelty, train).any()


def test_with_too_few_validation_samples_nothing_is_said():
    assert fit_novelty(features(50, 0), features(MIN_HELD_OUT - 1, 1)) is None
    assert unlike(fit_novelty(features(50, 0), features(MIN_HELD_OUT, 1)), -features(1, 2)).all()


def test_features_that_ran_away_are_unlike():
    novelty = fit_novelty(features(50, 0), features(40, 1))
    assert unlike(novelty, np.full((1, 16), np.nan, dtype=np.float32)).all()


def test_what_is_kept_is_bounded_and_survives_the_disk(tmp_path):
    assert n_to_keep(384) == MAX_KEPT
    assert n_to_keep(4096) * 4096 <= MAX_NUMBERS
    novelty = fit_novelty(features(50, 0), features(40, 1))
    save_novelty(novelty, tmp_path / "novelty.safetensors")
    found = load_novelty(tmp_path / "novelty.safetensors")
    assert (novelty.kept.dtype, found.kept.dtype) == (np.float16, np.float32)
    np.testing.assert_array_equal(found.kept, novelty.kept)
    np.testing.assert_array_equal(found.distances, novelty.distances)
    assert (tmp_path / "novelty.safetensors").stat().st_size < 50 * 16 * 2 + 40 * 4 + 500


def test_a_run_of_before_has_none(tmp_path):
    assert load_novelty(tmp_path / "novelty.safetensors") is None
