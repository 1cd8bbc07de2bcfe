import numpy as np
import pytest
from sklearn.metrics import accuracy_score, balanced_accuracy_score, f1_score, log_loss

from core.evaluation.report import build_report, build_split_report

NAMES = ("ants", "bees", "wasps")


def test_report_agrees_with_scikit_learn():
    probs, labels = _probs(3, 200)
    predictions = probs.argmax(axis=1)
    found = build_split_report("val", probs, labels, NAMES, train_labels=labels)
    assert found.n == 200
    assert found.accuracy.value == pytest.approx(accuracy_score(labels, predictions))
    assert found.macro_f1.value == pytest.approx(f1_score(labels, predictions, average="macro"))
    assert found.micro_f1 == pytest.approx(found.accuracy.value)
    assert found.weighted_f1 == pytest.approx(f1_score(labels, predictions, average="weighted"))
    assert found.balanced_accuracy == pytest.approx(balanced_accuracy_score(labels, predictions))
    assert found.loss == pytest.approx(log_loss(labels, probs), rel=1e-5)
    assert np.sum(found.confusion_matrix) == 200
    assert found.confusion_matrix[1][2] == int(((labels == 1) & (predictions == 2)).sum())


def test_class_without_samples_or_predictions_has_no_precision_and_no_recall():
    probs = np.array([[0.9, 0.1, 0.0], [0.8, 0.2, 0.0]])
    found = build_split_report("test", probs, np.array([0, 1]), NAMES, train_labels=np.array([0, 1, 2]))
    ants, bees, wasps = found.classes
    assert (ants.precision, ants.recall, ants.support, ants.n_predicted) == (0.5, 1.0, 1, 2)
    assert (bees.precision, bees.recall, bees.f1) == (None, 0.0, 0.0)
    assert (wasps.precision, wasps.recall, wasps.f1, wasps.support) == (None, None, 0.0, 0)
    assert found.balanced_accuracy == 0.5
    assert found.macro_f1.value == pytest.approx(1 / 3)


def test_majority_is_that_of_the_training_samples_scored_on_the_split():
    probs, _ = _probs(3, 4)
    labels = np.array([0, 0, 0, 1])
    found = build_split_report("val", probs, labels, NAMES, train_labels=np.array([1, 1, 0]))
    assert (found.majority_class, found.majority_accuracy) == ("bees", 0.25)


def test_certain_and_wrong_has_a_large_but_finite_loss():
    probs = np.array([[1.0, 0.0, 0.0]], dtype=np.float32)
    found = build_split_report("val", probs, np.array([1]), NAMES, train_labels=np.array([1]))
    assert 10 < found.loss < 1000


@pytest.mark.parametrize(
    ("probs", "labels", "train_labels", "message"),
    [
        (np.ones((0, 3)), [], [0], "at least one sample"),
        (np.full((1, 2), 0.5), [0], [0], "shape"),
        (np.full((2, 3), 1 / 3), [0], [0], "shape"),
        (np.full((1, 3), 1 / 3), [3], [0], "labels"),
        (np.full((1, 3), np.nan), [0], [0], "finite"),
        (np.array([[2.0, -1.0, 0.0]]), [0], [0], "negative"),
        (np.array([[3.0, 1.0, 0.0]]), [0], [0], "sum to 1"),
        (np.full((1, 3), 1 / 3), [0], [], "training labels"),
    ],
)
def test_unusable_arrays_are_refused_by_name(probs, labels, train_labels, message):
    with pytest.raises(ValueError, match=message):
        build_split_report(
            "val", probs, np.array(labels, dtype=int), NAMES, train_labels=np.array(train_labels, dtype=int)
        )


def test_report_names_each_class_with_too_few_samples_to_tell():
    warnings = _warnings([0] * 20 + [1] * 3 + [2])
    assert 'Class "bees" has only 3 validation samples: too few to tell.' in warnings
    assert 'Class "wasps" has only 1 validation sample: too few to tell.' in warnings
    assert not any("ants" in warning and "too few" in warning for warning in warnings)


def test_report_sums_up_where_many_classes_are_too_small():
    names = [f"class {number}" for number in range(30)]
    labels = np.arange(60) % 30
    part = build_split_report("test", np.eye(30)[labels], labels, names, train_labels=labels)
    (warning,) = build_report(names, [part]).warnings
    assert warning.startswith('30 of 30 classes have fewer than 10 test samples ("class 0", ')


def test_report_says_when_a_class_is_absent():
    assert 'Class "wasps" has no validation samples: nothing is known about it.' in _warnings([0] * 20 + [1] * 20)


def test_report_says_when_the_model_is_no_better_than_the_majority():
    labels = np.array([0] * 20 + [1] * 20 + [2] * 20)
    probs = np.tile([0.8, 0.1, 0.1], (60, 1))
    part = build_split_report("val", probs, labels, NAMES, train_labels=labels)
    assert build_report(NAMES, [part]).warnings == (
        '33.3% on 60 validation samples is not clearly better than always answering "ants" (33.3%).',
    )


def test_good_report_on_enough_samples_warns_of_nothing():
    assert _warnings([0] * 20 + [1] * 20 + [2] * 20) == ()


def _warnings(labels):
    labels = np.array(labels)
    part = build_split_report("val", np.eye(3)[labels], labels, NAMES, train_labels=labels)
    return build_report(NAMES, [part]).warnings


def _probs(n_classes, n):
    rng = np.random.default_rng(0)
    labels = np.arange(n) % n_classes
    logits = rng.normal(size=(n, n_classes)) + 1.5 * np.eye(n_classes)[labels]
    probs = np.exp(logits) / np.exp(logits).sum(axis=1, keepdims=True)
    return probs.astype(np.float32), labels


def test_every_class_has_intervals_around_precision_recall_and_f1():
    probs, labels = _probs(3, 200)
    for row in build_split_report("val", probs, labels, NAMES, train_labels=labels).classes:
        for value, interval in (
            (row.precision, row.precision_interval),
            (row.recall, row.recall_interval),
            (row.f1, row.f1_interval),
        ):
            assert interval.low < value < interval.high
            assert interval.value == value


def test_a_class_with_under_ten_samples_is_too_small_to_judge_and_an_absent_one_is_not():
    labels = np.array([0] * 10 + [1] * 9)
    rows = build_split_report("val", np.eye(3)[labels], labels, NAMES, train_labels=labels).classes
    assert [row.is_too_small for row in rows] == [False, True, False]


def test_given_answers_count_where_rounding_made_two_probabilities_equal():
    probs = np.array([[0.5, 0.5, 0.0]] * 4)
    labels = np.array([1, 1, 1, 0])
    found = build_split_report("val", probs, labels, NAMES, train_labels=labels, predictions=np.ones(4, dtype=int))
    assert found.accuracy.value == 0.75
