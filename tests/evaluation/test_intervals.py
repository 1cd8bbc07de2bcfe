import numpy as np
import pytest
from scipy.stats import binomtest
from sklearn.metrics import f1_score

from core.evaluation.intervals import class_f1_intervals, macro_f1_interval, wilson_interval


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


@pytest.mark.parametrize(("hits", "n"), [(0, 1), (1, 1), (0, 40), (40, 40), (3, 7), (143, 153), (9_000, 10_000)])
def test_wilson_interval_agrees_with_scipy(hits, n):
    found = wilson_interval(hits, n)
    theirs = binomtest(hits, n).proportion_ci(method="wilson")
    assert (found.low, found.high) == pytest.approx((theirs.low, theirs.high), abs=1e-12)
    assert (found.low == 0.0) == (hits == 0)
    assert (found.high == 1.0) == (hits == n)


def test_wilson_interval_of_no_samples_says_why_there_is_none():
    found = wilson_interval(0, 0)
    assert (found.low, found.high) == (None, None)
    assert "no samples" in found.why


@pytest.mark.parametrize(("n_classes", "n"), [(2, 153), (6, 60), (77, 3080), (150, 300)])
def test_macro_f1_is_that_of_scikit_learn_and_lies_inside_its_interval(n_classes, n):
    labels, predictions = _answers(n_classes, n, hit_rate=0.8)
    found = macro_f1_interval(labels, predictions, n_classes)
    assert found.value == pytest.approx(f1_score(labels, predictions, average="macro"))
    assert 0 <= found.low < found.value < found.high <= 1


def test_macro_f1_leaves_out_classes_that_neither_occur_nor_are_predicted():
    labels, predictions = np.array([0, 0, 1, 1]), np.array([0, 1, 1, 1])
    found = macro_f1_interval(labels, predictions, 5)
    assert found == macro_f1_interval(labels, predictions, 2)
    assert found.value == pytest.approx(f1_score(labels, predictions, average="macro"))


def test_with_many_samples_the_interval_of_macro_f1_is_that_of_a_stratified_bootstrap():
    labels, predictions = _answers(4, 2000, hit_rate=0.7)
    rng = np.random.default_rng(1)
    rows = [np.flatnonzero(labels == label) for label in range(4)]
    scores = []
    for _ in range(400):
        drawn = np.concatenate([rng.choice(members, len(members)) for members in rows])
        scores.append(f1_score(labels[drawn], predictions[drawn], average="macro"))
    found = macro_f1_interval(labels, predictions, 4)
    assert [found.low, found.high] == pytest.approx(np.quantile(scores, [0.025, 0.975]), abs=0.004)


def test_macro_f1_of_two_equal_classes_and_symmetric_mistakes_is_as_sure_as_the_accuracy():
    labels = np.repeat([0, 1], 200)
    predictions = labels.copy()
    predictions[:30] = 1
    predictions[200:230] = 0
    found, accuracy = macro_f1_interval(labels, predictions, 2), wilson_interval(340, 400)
    assert (found.low, found.high) == pytest.approx((accuracy.low, accuracy.high), abs=0.004)


@pytest.mark.parametrize("n", [8, 20, 200])
def test_with_every_sample_right_the_interval_tells_how_little_few_samples_say(n):
    labels = np.arange(n) % 2
    found = macro_f1_interval(labels, labels, 2)
    assert (found.value, found.high) == (1.0, 1.0)
    assert found.low == pytest.approx(wilson_interval(n, n).low, abs=0.13)
    assert found.low < 1 - 1 / n


def test_macro_f1_of_no_samples_says_why_it_has_no_interval():
    found = macro_f1_interval(np.array([], dtype=np.int64), np.array([], dtype=np.int64), 3)
    assert (found.low, found.high) == (None, None)
    assert "no samples" in found.why


@pytest.mark.parametrize(("n_classes", "n"), [(2, 153), (6, 120), (77, 3080)])
def test_f1_of_each_class_is_that_of_scikit_learn_and_lies_inside_its_interval(n_classes, n):
    labels, predictions = _answers(n_classes, n, hit_rate=0.7)
    found = class_f1_intervals(labels, predictions, n_classes)
    assert [one.value for one in found] == pytest.approx(f1_score(labels, predictions, average=None))
    assert all(0 <= one.low < one.value < one.high <= 1 for one in found)


def test_the_bounds_of_a_class_are_those_of_the_share_of_hits_among_the_samples_it_concerns():
    labels, predictions = np.repeat([0, 1], [9, 6]), np.array([0] * 7 + [1] * 2 + [1] * 5 + [0])
    first, _ = class_f1_intervals(labels, predictions, 2)
    share = binomtest(7, 10).proportion_ci(method="wilson")  # 7 hits, 2 missed, 1 wrongly called so
    assert first.value == pytest.approx(2 * 0.7 / 1.7)
    assert (first.low, first.high) == pytest.approx([2 * one / (1 + one) for one in (share.low, share.high)])


def test_the_interval_of_a_class_is_wider_where_it_has_fewer_samples():
    rng = np.random.default_rng(0)
    labels = np.repeat([0, 1, 2, 3], [20, 20, 1000, 1000])
    predictions = np.where(rng.random(len(labels)) < 0.8, labels, labels ^ 1)  # 0 and 1 are confused, and 2 and 3
    rare, _, frequent, _ = class_f1_intervals(labels, predictions, 4)
    assert rare.high - rare.low > 3 * (frequent.high - frequent.low)


def test_a_class_that_is_always_right_has_an_interval_and_one_that_never_occurs_says_why_it_has_none():
    one, _, absent = class_f1_intervals(np.array([0, 0, 1, 1]), np.array([0, 0, 1, 1]), 3)
    assert (one.value, one.high) == (1.0, 1.0)
    assert one.low < 0.6
    assert (absent.value, absent.low, absent.high) == (0.0, None, None)
    assert "neither occurs" in absent.why


def _answers(n_classes, n, *, hit_rate):
    rng = np.random.default_rng(n_classes)
    labels = np.arange(n) % n_classes
    return labels, np.where(rng.random(n) < hit_rate, labels, rng.integers(0, n_classes, n))
