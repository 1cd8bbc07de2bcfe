import numpy as np

from core.evaluation.mistakes import (
    least_expected_labels,
    most_confident_mistakes,
    rows_of_cell,
    strongest_confusions,
)
from core.evaluation.records import Confusion

PROBS = np.array([[0.9, 0.1], [0.6, 0.4], [0.2, 0.8], [0.05, 0.95]])
LABELS = np.array([1, 1, 1, 0])


def test_most_confident_mistakes_come_first_and_hits_never():
    assert most_confident_mistakes(PROBS, LABELS, PROBS.argmax(axis=1), n=10).tolist() == [3, 0, 1]
    assert most_confident_mistakes(PROBS, LABELS, PROBS.argmax(axis=1), n=1).tolist() == [3]


def test_equally_confident_mistakes_keep_their_order():
    probs, labels = np.tile([0.7, 0.3], (4, 1)), np.array([1, 0, 1, 1])
    assert most_confident_mistakes(probs, labels, probs.argmax(axis=1), n=10).tolist() == [0, 2, 3]


def test_what_was_decided_counts_and_not_what_was_most_probable():
    probs, labels = np.array([[0.6, 0.4], [0.7, 0.3], [0.9, 0.1]]), np.array([1, 0, 1])
    assert most_confident_mistakes(probs, labels, np.array([1, 1, 0]), n=10).tolist() == [2, 1]


def test_no_mistakes_give_no_rows():
    assert most_confident_mistakes(PROBS, PROBS.argmax(axis=1), PROBS.argmax(axis=1), n=10).tolist() == []


def test_least_expected_labels_start_with_the_lowest_probability_of_the_own_label():
    assert least_expected_labels(PROBS, LABELS, n=3).tolist() == [3, 0, 1]


def test_rows_of_cell_are_those_of_one_true_and_one_predicted_class():
    predictions = PROBS.argmax(axis=1)
    assert rows_of_cell(LABELS, predictions, true_label=1, predicted_label=0).tolist() == [0, 1]
    assert rows_of_cell(LABELS, predictions, true_label=0, predicted_label=0).tolist() == []


def test_strongest_confusions_leave_out_hits_and_break_ties_by_share():
    matrix = [[50, 4, 0], [2, 3, 4], [0, 0, 9]]
    found = strongest_confusions(matrix, n=10)
    assert [(cell.true_label, cell.predicted_label, cell.n) for cell in found] == [(1, 2, 4), (0, 1, 4), (1, 0, 2)]
    assert found[0] == Confusion(true_label=1, predicted_label=2, n=4, share=4 / 9)
    assert strongest_confusions(matrix, n=1) == found[:1]
    assert strongest_confusions([[5, 0], [0, 5]], n=3) == ()
