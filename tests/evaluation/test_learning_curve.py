"""Heads fitted to ever more samples: which sizes, what is scored, and what that says."""

import numpy as np
import pytest

from core.evaluation import power_law
from core.evaluation.learning_curve import (
    curve_sizes,
    fit_curve,
    foretell,
    judge_curve,
    learn_from_sizes,
    n_draws_of,
    points_of,
)
from core.evaluation.records import Interval

N_CLASSES, N_TRAIN, N_VAL = 3, 240, 150


def clouds(n, *, seed):
    """Three overlapping clouds in ten dimensions."""
    rng = np.random.default_rng(seed)
    labels = np.arange(n) % N_CLASSES
    features = rng.standard_normal((n, 10)).astype(np.float32)
    features[np.arange(n), labels] += 1.6
    return features, labels


@pytest.fixture(scope="module", autouse=True)
def fewer_resamples():
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(power_law, "N_RESAMPLES", 60)
        yield


@pytest.fixture(scope="module")
def labels():
    return clouds(N_VAL, seed=1)[1]


@pytest.fixture(scope="module")
def measured():
    features, labels = clouds(N_TRAIN, seed=0)
    return list(learn_from_sizes(features, labels, clouds(N_VAL, seed=1)[0], N_CLASSES))


def gain(value, low, high):
    return Interval(value=value, low=low, high=high)


@pytest.mark.parametrize(
    ("n_train", "n_classes", "sizes"),
    [
        (9_000, 77, (562, 1_125, 2_250, 4_500, 9_000)),
        (244, 2, (15, 30, 61, 122, 244)),
        (770, 77, (192, 272, 385, 544, 770)),
        (100, 18, (50, 70, 100)),
        (3, 2, ()),
    ],
)
def test_sizes_are_halved_and_in_smaller_steps_where_classes_need_their_samples(n_train, n_classes, sizes):
    found = curve_sizes(n_train, n_classes)
    assert found == (sizes if len(sizes) > 3 else ())


def test_every_size_is_drawn_several_times_and_all_samples_once(measured):
    assert [one.n_train for one in measured] == list(curve_sizes(N_TRAIN, N_CLASSES))
    assert [len(one.predictions) for one in measured[:-1]] == [10] * (len(measured) - 1)
    assert len(measured[-1].predictions) == n_draws_of(N_TRAIN, N_TRAIN) == 1


def test_more_samples_make_a_better_head(measured, labels):
    points = points_of(measured, labels)
    assert points[0].score + 0.05 < points[-1].score
    assert points[0].train_score > points[0].score
    assert all(len(set(point.scores)) > 1 for point in points[:-1])


def test_what_is_foretold_from_half_of_the_samples_is_compared_with_what_came(measured, labels):
    found = foretell(measured, labels)
    assert (found.n_known, found.n_train) == (120, 240)
    assert found.measured == points_of(measured, labels)[-1].score
    assert found.came_true == (found.score.low <= found.measured <= found.score.high)
    assert found.came_true


def test_nothing_is_foretold_from_too_few_sizes(measured, labels):
    assert foretell(measured[-4:], labels) is None


def test_the_curve_goes_through_what_was_measured(measured, labels):
    curve = fit_curve(measured, labels)
    for point in points_of(measured, labels):
        assert curve.law.at(point.n_train) == pytest.approx(point.score, abs=0.04)


def test_whoever_is_told_can_end_it():
    def stop(size, done, of):
        if done == 3:
            raise KeyboardInterrupt

    features, labels = clouds(N_TRAIN, seed=0)
    with pytest.raises(KeyboardInterrupt):
        list(learn_from_sizes(features, labels, features, N_CLASSES, on_fit=stop))


@pytest.mark.parametrize(
    ("twice", "score", "train_score", "is_surpassed", "verdict"),
    [
        (gain(0.03, 0.01, 0.05), 0.8, 1.0, True, "more-data"),
        (gain(0.03, -0.01, 0.05), 0.8, 1.0, True, "unsure"),
        (gain(0.004, 0.0, 0.01), 0.8, 0.83, False, "features"),
        (gain(0.004, 0.0, 0.01), 0.8, 1.0, True, "features"),
        (gain(0.004, 0.0, 0.01), 0.8, 1.0, False, "flat"),
        (gain(0.012, 0.01, 0.015), 0.985, 1.0, False, "nearly-all"),
    ],
)
def test_the_verdict_follows_from_gain_errors_and_other_runs(twice, score, train_score, is_surpassed, verdict):
    assert judge_curve(twice, score, train_score, is_surpassed=is_surpassed) == verdict
