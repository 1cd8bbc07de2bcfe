import numpy as np
import pytest
from sklearn.metrics import f1_score

from core.evaluation.intervals import bootstrap_class_f1, bootstrap_macro_f1, wilson_interval


@pytest.mark.parametrize(
    ("hits", "n", "low", "high"),
    [(145, 153, 0.9002, 0.9733), (0, 10, 0.0, 0.2775), (10, 10, 0.7225, 1.0), (1, 2, 0.0945, 0.9055)],
)
def test_wilson_interval_gives_the_published_numbers(hits, n, low, high):
    found = wilson_interval(hits, n)
    assert found.value == hits / n
    assert found.low == pytest.approx(low, abs=1e-4)
    assert found.high == pytest.approx(high, abs=1e-4)
    assert found.why == ""


def test_wilson_interval_of_no_samples_says_why_there_is_none():
    found = wilson_interval(0, 0)
    assert (found.low, found.high) == (None, None)
    assert "no samples" in found.why


@pytest.mark.parametrize(("n_classes", "n"), [(2, 153), (6, 60), (77, 3080), (150, 300)])
def test_bootstrap_value_is_the_macro_f1_of_scikit_learn_and_lies_inside(n_classes, n):
    labels, predictions = _answers(n_classes, n, hit_rate=0.8)
    found = bootstrap_macro_f1(labels, predictions, n_classes, 0)
    assert found.value == pytest.approx(f1_score(labels, predictions, average="macro"))
    assert 0 <= found.low < found.value < found.high <= 1


def test_bootstrap_leaves_out_classes_that_neither_occur_nor_are_predicted():
    labels, predictions = np.array([0, 0, 1, 1]), np.array([0, 1, 1, 1])
    assert bootstrap_macro_f1(labels, predictions, 5, 0).value == pytest.approx(
        f1_score(labels, predictions, average="macro")
    )


def test_bootstrap_repeats_with_its_seed_and_differs_with_another():
    labels, predictions = _answers(6, 120, hit_rate=0.7)
    assert bootstrap_macro_f1(labels, predictions, 6, 3) == bootstrap_macro_f1(labels, predictions, 6, 3)
    assert bootstrap_macro_f1(labels, predictions, 6, 3) != bootstrap_macro_f1(labels, predictions, 6, 4)


def test_bootstrap_agrees_with_drawing_samples_one_by_one():
    labels, predictions = _answers(4, 200, hit_rate=0.7)
    rng = np.random.default_rng(1)
    rows = [np.flatnonzero(labels == label) for label in range(4)]
    scores = []
    for _ in range(600):
        drawn = np.concatenate([rng.choice(members, len(members)) for members in rows])
        scores.append(f1_score(labels[drawn], predictions[drawn], average="macro"))
    found = bootstrap_macro_f1(labels, predictions, 4, 0)
    assert [found.low, found.high] == pytest.approx(np.quantile(scores, [0.025, 0.975]), abs=0.015)


def test_bootstrap_covers_the_true_macro_f1_about_as_often_as_it_claims():
    # Two equally frequent classes and symmetric mistakes: the macro-F1 of infinitely many samples is the hit rate.
    labels = np.repeat([0, 1], 100)
    rng = np.random.default_rng(0)
    covered = 0
    for _ in range(200):
        predictions = np.where(rng.random(200) < 0.85, labels, 1 - labels)
        found = bootstrap_macro_f1(labels, predictions, 2, 0)
        covered += found.low <= 0.85 <= found.high
    assert 0.89 <= covered / 200 <= 0.99


@pytest.mark.parametrize("predictions", [[0, 0, 1, 1], [1, 1, 0, 0]])
def test_bootstrap_without_variation_says_why_instead_of_claiming_certainty(predictions):
    found = bootstrap_macro_f1(np.array([0, 0, 1, 1]), np.array(predictions), 2, 0)
    assert (found.low, found.high) == (None, None)
    assert "no spread" in found.why


@pytest.mark.parametrize("n_classes", [77, 150])
def test_bootstrap_of_many_classes_holds_the_number_it_is_about(n_classes):
    labels, predictions = _answers(n_classes, 3080, hit_rate=0.6)
    found = bootstrap_macro_f1(labels, predictions, n_classes, 0)
    assert found.low < found.value < found.high < found.low + 0.1


def _answers(n_classes, n, *, hit_rate):
    rng = np.random.default_rng(n_classes)
    labels = np.arange(n) % n_classes
    return labels, np.where(rng.random(n) < hit_rate, labels, rng.integers(0, n_classes, n))


@pytest.mark.parametrize(("n_classes", "n"), [(2, 153), (6, 120), (77, 3080)])
def test_bootstrap_of_each_class_is_about_the_f1_of_scikit_learn(n_classes, n):
    labels, predictions = _answers(n_classes, n, hit_rate=0.7)
    found = bootstrap_class_f1(labels, predictions, n_classes, 0)
    assert [one.value for one in found] == pytest.approx(f1_score(labels, predictions, average=None))
    assert all(one.low <= one.value <= one.high for one in found)


def test_bootstrap_of_a_class_is_wider_where_it_has_fewer_samples():
    rng = np.random.default_rng(0)
    labels = np.repeat([0, 1, 2, 3], [20, 20, 1000, 1000])
    predictions = np.where(rng.random(len(labels)) < 0.8, labels, labels ^ 1)  # 0 and 1 are confused, and 2 and 3
    rare, _, frequent, _ = bootstrap_class_f1(labels, predictions, 4, 0)
    assert rare.high - rare.low > 3 * (frequent.high - frequent.low)


def test_bootstrap_of_a_class_that_is_answered_alike_says_why_it_has_no_bounds():
    one, other = bootstrap_class_f1(np.array([0, 0, 1, 1]), np.array([0, 0, 1, 1]), 2, 0)
    assert (one.value, one.low, one.high) == (1.0, None, None)
    assert "no spread" in other.why
