"""Scores of features against the same computed the long way round."""

import numpy as np
import pytest
from scipy.stats import multivariate_normal
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import StratifiedKFold, cross_val_predict

from core.evaluation import transferability
from core.evaluation.transferability import (
    count_neighbours,
    is_clearly_better,
    knn_leave_one_out,
    log_evidence,
    log_me,
    probe_cv,
    score_hits,
)
from core.training.probe import best_strength, search_strengths
from core.training.standardiser import Standardiser


def clouds(n_classes, n, width, *, spread=1.5, seed=0):
    rng = np.random.default_rng(seed)
    labels = rng.permutation(np.arange(n) % n_classes)
    values = rng.normal(size=(n_classes, width))[labels] + spread * rng.normal(size=(n, width))
    return values.astype(np.float32), labels


def published_log_me(features, labels):
    """As thuml/LogME computes it, one class at a time, with what it leaves out added."""
    features = features.astype(np.float64)
    n, width = features.shape
    left, lengths, _ = np.linalg.svd(features, full_matrices=False)
    sigma, evidences = lengths**2, []
    for label in np.unique(labels):
        y = (labels == label).astype(float)
        x2 = (left.T @ y) ** 2
        rest = (y**2).sum() - x2.sum()
        alpha = beta = 1.0
        for _ in range(200):
            t = alpha / beta
            gamma = (sigma / (sigma + t)).sum()
            m2 = (sigma * x2 / (t + sigma) ** 2).sum()
            residual = (x2 / (1 + sigma / t) ** 2).sum() + rest
            alpha, beta = gamma / (m2 + 1e-5), (n - gamma) / (residual + 1e-5)
        evidence = width / 2 * np.log(alpha) + n / 2 * np.log(beta) - 0.5 * np.log(alpha + beta * sigma).sum()
        evidence += -beta / 2 * residual - alpha / 2 * m2 - n / 2 * np.log(2 * np.pi)
        evidence -= (width - min(n, width)) / 2 * np.log(alpha)
        evidences.append(evidence / n)
    return np.mean(evidences)


@pytest.mark.parametrize(("n", "width"), [(90, 12), (40, 60), (30, 30)])
def test_log_me_is_the_published_number_with_the_unspanned_directions_counted(n, width):
    features, labels = clouds(3, n, width)
    assert log_me(features, labels) == pytest.approx(published_log_me(features, labels), abs=2e-3)


@pytest.mark.parametrize(("n", "width"), [(25, 6), (12, 30)])
def test_the_evidence_is_the_density_of_a_normal_distribution(n, width):
    features, labels = clouds(2, n, width)
    y = (labels == 0).astype(float)
    left, lengths, _ = np.linalg.svd(features.astype(float), full_matrices=False)
    along = np.square(left.T @ y)[:, None]
    rest = np.array([(y**2).sum() - along.sum()])
    covariance = features.astype(float) @ features.T / 3.0 + np.eye(n) / 7.0
    found = log_evidence((lengths**2)[:, None], along, rest, np.array([3.0]), np.array([7.0]), n)
    assert found[0] == pytest.approx(multivariate_normal(np.zeros(n), covariance).logpdf(y))


def test_log_me_does_not_depend_on_the_scale_of_the_features():
    features, labels = clouds(3, 60, 20)
    assert log_me(10 * features, labels) == pytest.approx(log_me(features, labels), abs=5e-3)


def test_log_me_is_higher_where_features_tell_the_classes_apart():
    clear, labels = clouds(3, 60, 20, spread=0.3)
    noise = np.random.default_rng(1).normal(size=clear.shape).astype(np.float32)
    assert log_me(clear, labels) > log_me(noise, labels) + 0.1


def test_useless_wide_features_gain_nothing_from_their_width():
    rng = np.random.default_rng(2)
    labels = np.arange(50) % 2
    narrow, wide = (log_me(rng.normal(size=(50, width)).astype(np.float32), labels) for width in (10, 2_000))
    assert wide == pytest.approx(narrow, abs=0.15)


@pytest.mark.parametrize("features", [np.ones((6, 4)), np.zeros((6, 4)), np.eye(6)])
def test_odd_features_give_finite_numbers(features):
    values, labels = features.astype(np.float32), np.arange(6) % 2
    assert np.isfinite(log_me(values, labels))
    assert 0 <= knn_leave_one_out(values, labels, 2).balanced_accuracy <= 1
    assert 0 <= probe_cv(values, labels, 2).balanced_accuracy <= 1


def neighbours_the_long_way(features, labels, n_neighbours):
    found = []
    for at, one in enumerate(features):
        others = [
            (float(one @ other / np.linalg.norm(one) / np.linalg.norm(other)), int(labels[row]))
            for row, other in enumerate(features)
            if row != at
        ]
        nearest = sorted(others, reverse=True)[:n_neighbours]
        sums = {c: (sum(k == c for _, k in nearest), sum(cos for cos, k in nearest if k == c)) for c in set(labels)}
        found.append(max(sums, key=sums.__getitem__))
    return np.array(found)


@pytest.mark.parametrize(("n_classes", "n"), [(2, 30), (3, 70), (5, 23)])
def test_neighbours_vote_as_they_do_one_by_one(monkeypatch, n_classes, n):
    monkeypatch.setattr(transferability, "CHUNK_ROWS", 16)
    features, labels = clouds(n_classes, n, 8, seed=4)
    expected = neighbours_the_long_way(features.astype(float), labels, count_neighbours(labels)) == labels
    assert knn_leave_one_out(features, labels, n_classes).hits.tolist() == expected.tolist()


@pytest.mark.parametrize(("counts", "expected"), [((100, 40), 10), ((100, 9), 4), ((5, 1), 1), ((1, 1), 1)])
def test_the_smallest_class_can_have_the_majority(counts, expected):
    assert count_neighbours(np.repeat(np.arange(len(counts)), counts)) == expected


def test_a_lone_sample_has_no_neighbour():
    with pytest.raises(ValueError, match="another"):
        knn_leave_one_out(np.ones((1, 3), dtype=np.float32), np.array([0]), 1)


def test_the_probe_hits_what_cross_validated_logistic_regression_hits():
    features, labels = clouds(3, 150, 12, spread=2.0)
    strength = best_strength(list(search_strengths(features, labels, np.ones(3, np.float32), seed=0)))
    reference = LogisticRegression(C=strength, max_iter=1_000)
    parts = StratifiedKFold(5, shuffle=True, random_state=0)
    expected = cross_val_predict(reference, Standardiser(features)(features), labels, cv=parts) == labels
    assert (probe_cv(features, labels, 3).hits == expected).mean() > 0.96


def test_noise_is_not_known_better_than_by_chance():
    features = np.random.default_rng(3).normal(size=(300, 200)).astype(np.float32)
    assert probe_cv(features, np.arange(300) % 4, 4).balanced_accuracy < 0.34


def test_a_class_with_a_single_sample_is_missed_and_single_samples_alone_all_are():
    features, labels = clouds(2, 41, 10, spread=0.1)
    labels[7] = 2
    assert not probe_cv(features, labels, 3).hits[7]
    assert probe_cv(features, labels, 3).hits.sum() > 30
    assert not probe_cv(np.eye(3, dtype=np.float32), np.arange(3), 3).hits.any()


def test_the_standard_error_is_the_spread_over_repeated_draws():
    rng = np.random.default_rng(0)
    labels = np.repeat([0, 1], [400, 100])
    draws = [score_hits(rng.random(500) < np.where(labels, 0.6, 0.9), labels) for _ in range(400)]
    spread = np.std([draw.balanced_accuracy for draw in draws])
    assert draws[0].standard_error == pytest.approx(spread, rel=0.15)


def test_hits_alone_leave_some_doubt():
    labels = np.arange(10) % 2
    perfect = score_hits(np.ones(10, dtype=bool), labels)
    assert perfect.balanced_accuracy == 1.0
    assert 0.05 < perfect.standard_error < 0.15


def test_one_hit_more_is_a_tie_and_thirty_are_not():
    labels = np.arange(200) % 2
    base = np.arange(200) >= 60
    one_more, thirty_more = base.copy(), base.copy()
    one_more[0], thirty_more[:30] = True, True
    assert not is_clearly_better(base, base, labels)
    assert not is_clearly_better(base, thirty_more, labels)
    assert not is_clearly_better(one_more, base | (np.arange(200) == 1), labels)
    assert is_clearly_better(thirty_more, base, labels)
