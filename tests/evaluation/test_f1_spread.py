"""What single samples do to macro-F1, against trying it out."""

import numpy as np
import pytest
from sklearn.metrics import confusion_matrix

from core.evaluation.f1_spread import (
    class_f1,
    count_answers,
    counted_classes,
    freedom_left,
    macro_f1_bias,
    macro_f1_influence,
    shrunken_counts,
    wrong_answer_shares,
)

MATRIX = np.array([[30, 5, 0, 0], [4, 12, 2, 0], [0, 0, 3, 0], [0, 0, 0, 0]])


def macro_f1(matrix, counted):
    return class_f1(matrix)[counted].mean()


def test_answers_are_counted_as_by_scikit_learn_classes_that_never_occur_included():
    rng = np.random.default_rng(0)
    labels, predictions = rng.integers(0, 4, 60), rng.integers(1, 5, 60)
    theirs = confusion_matrix(labels, predictions, labels=np.arange(6))
    assert np.array_equal(count_answers(labels, predictions, 6), theirs)


def test_the_influence_of_a_cell_is_the_change_by_a_little_more_in_it():
    counts, counted = MATRIX.astype(float), counted_classes(MATRIX)
    found, step = macro_f1_influence(counts, counted), 1e-5
    for true in range(3):
        for predicted in range(3):
            more = counts.copy()
            more[true, predicted] += step
            change = (macro_f1(more, counted) - macro_f1(counts, counted)) / step
            assert found[true, predicted] == pytest.approx(change, abs=1e-5)


def test_all_samples_together_have_no_influence_because_twice_the_samples_have_the_same_macro_f1():
    influence = macro_f1_influence(MATRIX.astype(float), counted_classes(MATRIX))
    assert (MATRIX * influence).sum() == pytest.approx(0.0, abs=1e-12)


def test_a_class_that_neither_occurs_nor_is_predicted_is_not_counted():
    assert counted_classes(MATRIX).tolist() == [True, True, True, False]


def test_shrunken_rows_keep_their_sums_and_none_is_never_wrong():
    found = shrunken_counts(MATRIX)
    assert found.sum(axis=1) == pytest.approx(MATRIX.sum(axis=1))
    assert 2 < found[2, 2] < 3
    assert (found[3] == 0).all()


def test_a_row_with_many_samples_is_hardly_shrunken():
    many = np.array([[990, 10], [300, 700]])
    assert shrunken_counts(many) == pytest.approx(many, abs=1.0)


def test_wrong_answers_follow_how_often_classes_are_the_answer():
    shares = wrong_answer_shares(MATRIX)
    assert np.diagonal(shares).tolist() == [0, 0, 0, 0]
    assert shares.sum(axis=1) == pytest.approx(np.ones(4))
    assert shares[2, 0] > shares[2, 1] > shares[2, 3] == 0


def test_the_bias_is_what_many_draws_of_few_samples_fall_short():
    rng, shares = np.random.default_rng(0), np.array([[0.25, 0.05], [0.1, 0.6]])
    truth = class_f1(shares).mean()
    draws = rng.multinomial(30, shares.ravel(), size=20_000).reshape(-1, 2, 2)
    short = truth - np.mean([class_f1(matrix).mean() for matrix in draws])
    assert short == pytest.approx(macro_f1_bias(30 * shares, np.array([True, True])), rel=0.3)


def test_every_class_that_occurs_takes_one_sample_of_freedom():
    assert freedom_left(np.array([6, 4, 0])) == pytest.approx(0.8)
    assert freedom_left(np.array([1, 1])) == pytest.approx(0.5)
