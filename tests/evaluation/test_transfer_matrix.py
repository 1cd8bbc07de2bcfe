"""Source concepts against target classes, compared with sums written out."""

import numpy as np
import pytest

from core.evaluation.transfer_matrix import (
    SMOOTHING,
    build_transfer_matrix,
    left_out_probs,
    likely_concepts,
    top_concepts,
)


def seen(n, n_concepts, n_classes, *, knows, seed=0):
    """Probabilities over concepts that follow the labels, or know nothing of them."""
    rng = np.random.default_rng(seed)
    labels = rng.permutation(np.arange(n) % n_classes)
    logits = 1.5 * rng.normal(size=(n, n_concepts))
    if knows:
        logits[np.arange(n), 2 * labels] += 3.0
    theta = np.exp(logits)
    return theta / theta.sum(axis=1, keepdims=True), labels


def test_both_directions_are_the_shares_of_the_same_table():
    theta, labels = seen(40, 9, 3, knows=True)
    matrix = build_transfer_matrix(theta, labels, 3)
    for label in range(3):
        of_class = theta[labels == label].sum(axis=0)
        np.testing.assert_allclose(matrix.class_given_concept[:, label], of_class / theta.sum(axis=0))
        np.testing.assert_allclose(matrix.concept_given_class[label], of_class / of_class.sum())


def test_leep_is_the_mean_log_of_the_expected_prediction():
    theta, labels = seen(30, 7, 2, knows=True)
    matrix = build_transfer_matrix(theta, labels, 2)
    given = matrix.class_given_concept
    logs = [np.log(sum(theta[i, z] * given[z, labels[i]] for z in range(7))) for i in range(30)]
    assert matrix.log_expected_prediction == pytest.approx(np.mean(logs))


def test_a_sample_has_no_part_in_its_own_prediction():
    theta, labels = seen(25, 8, 3, knows=True)
    found = left_out_probs(theta, labels, 3)
    shares = np.bincount(labels, minlength=3) / 25
    for left_out in range(25):
        rest = np.arange(25) != left_out
        joint = np.array([theta[rest & (labels == c)].sum(axis=0) + SMOOTHING * shares[c] for c in range(3)])
        np.testing.assert_allclose(found[left_out], theta[left_out] @ (joint / joint.sum(axis=0)).T)


def test_probabilities_sum_to_one_even_where_concepts_are_never_seen():
    theta, labels = np.eye(6)[[0, 0, 1, 1, 2, 3]], np.array([0, 0, 1, 1, 0, 1])
    np.testing.assert_allclose(left_out_probs(theta, labels, 2).sum(axis=1), 1.0)
    matrix = build_transfer_matrix(theta, labels, 2)
    np.testing.assert_allclose(matrix.class_given_concept.sum(axis=1), 1.0)
    np.testing.assert_allclose(matrix.class_given_concept[5], [0.5, 0.5])


def test_a_source_that_knows_the_classes_is_a_classifier_without_training():
    theta, labels = seen(120, 12, 3, knows=True)
    matrix = build_transfer_matrix(theta, labels, 3)
    assert matrix.zero_training.balanced_accuracy > 0.7
    assert not matrix.says_nothing
    assert matrix.shuffled_share == 0.01


def test_a_source_that_knows_nothing_is_said_to_say_nothing():
    flags = [build_transfer_matrix(*seen(60, 10, 2, knows=False, seed=seed), 2).says_nothing for seed in range(20)]
    assert sum(flags) >= 17
    constant = np.full((40, 5), 0.2)
    assert build_transfer_matrix(constant, np.arange(40) % 2, 2).says_nothing


def test_knowledge_is_seen_though_one_class_is_nearly_all_there_is():
    rng = np.random.default_rng(5)
    labels = (np.arange(200) % 20 == 0).astype(int)
    theta = rng.dirichlet(np.ones(6), 200)
    theta[labels == 1, 3] += 0.6
    assert not build_transfer_matrix(theta / theta.sum(axis=1, keepdims=True), labels, 2).says_nothing


def test_a_class_without_samples_has_no_concepts_and_breaks_nothing():
    theta, labels = seen(20, 5, 2, knows=True)
    matrix = build_transfer_matrix(theta, labels, 3)
    assert matrix.concept_given_class[2].sum() == 0
    assert np.isfinite(matrix.log_expected_prediction)


def test_the_likeliest_concepts_come_first_with_their_names():
    theta, labels = seen(90, 6, 3, knows=True)
    found = top_concepts(build_transfer_matrix(theta, labels, 3), 1, ("ant", "bee", "fly", "cow", "dog", "cat"), 2)
    assert found[0][0] == "fly"
    assert len(found) == 2
    assert found[0][1] > found[1][1] > 0


@pytest.mark.parametrize(("n_theta", "n_labels"), [(1, 1), (5, 4)])
def test_samples_and_labels_must_be_several_and_as_many(n_theta, n_labels):
    with pytest.raises(ValueError, match="at least two"):
        build_transfer_matrix(np.full((n_theta, 2), 0.5), np.zeros(n_labels, dtype=int), 2)


def test_the_likeliest_concepts_are_numbered_in_the_order_of_their_share():
    matrix = build_transfer_matrix(*seen(90, 6, 3, knows=True), 3)
    shares = matrix.concept_given_class[1]
    found = likely_concepts(matrix, 1, 3)
    assert found[0] == int(shares.argmax()) == 2
    assert [shares[at] for at in found] == sorted(shares, reverse=True)[:3]
