"""The simpler ways: they learn what is easy, say what they cost, and refuse what would take long."""

import numpy as np
import pytest

from core.evaluation import baselines
from core.evaluation.baselines import NotComputed, nearest_neighbours, score_baseline, words_counted

TRAIN = ["the red apple", "a green apple", "an apple pie", "my old car", "the fast car", "a car park"]
LABELS = np.array([0, 0, 0, 1, 1, 1])


def test_neighbours_vote_for_the_direction_whatever_the_length():
    train = np.array([[1.0, 0.1], [2.0, 0.1], [0.1, 1.0], [0.1, 3.0]])
    asked = np.array([[50.0, 1.0], [0.01, 0.5]])
    assert nearest_neighbours(train, np.array([0, 0, 1, 1]), asked).tolist() == [0, 1]


def test_words_tell_the_classes_of_texts_apart():
    assert words_counted(TRAIN, LABELS, ["one more apple", "somebody's car"]).tolist() == [0, 1]


def test_many_classes_are_one_regression():
    names = [f"word{n}" for n in range(12)]
    train = [f"{name} and more" for name in names for _ in range(3)]
    found = words_counted(train, np.repeat(np.arange(12), 3), [f"about {name}" for name in names])
    assert found.tolist() == list(range(12))


def test_texts_without_words_are_refused_with_the_reason():
    with pytest.raises(NotComputed, match="no training text holds a word"):
        words_counted(["!!", "??"], np.array([0, 1]), ["!"])


@pytest.mark.parametrize(
    ("limit", "value", "reason"),
    [("MAX_CHARS", 20, "characters"), ("MAX_WEIGHT_USES", 5, "too many words and classes")],
)
def test_texts_that_would_take_long_are_refused_with_the_reason(monkeypatch, limit, value, reason):
    monkeypatch.setattr(baselines, limit, value)
    with pytest.raises(NotComputed, match=reason):
        words_counted(TRAIN, LABELS, ["a text"])


def test_neighbours_that_would_take_long_are_refused(monkeypatch):
    monkeypatch.setattr(baselines, "MAX_PRODUCTS", 10)
    with pytest.raises(NotComputed, match="more than a second"):
        nearest_neighbours(np.eye(4), np.array([0, 0, 1, 1]), np.eye(4))


def test_a_row_tells_accuracy_with_its_interval_macro_f1_samples_and_seconds():
    row = score_baseline("tf-idf", np.array([0, 0, 1, 1]), np.array([0, 0, 1, 0]), n_train=9, seconds=0.5)
    assert (row.accuracy.value, row.n_train, row.seconds, row.why) == (0.75, 9, 0.5, "")
    assert row.accuracy.low < 0.75 < row.accuracy.high
    assert row.macro_f1 == pytest.approx((0.8 + 2 / 3) / 2)
