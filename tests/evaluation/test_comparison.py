import numpy as np
import pytest
from scipy.stats import binom, binomtest, bootstrap
from sklearn.metrics import accuracy_score, confusion_matrix, f1_score

from core.evaluation.comparison import (
    accuracy_difference,
    compare_predictions,
    mcnemar_p_value,
    points_words,
    rows_right_alone,
    verdict_words,
)
from core.evaluation.records import Interval


@pytest.mark.parametrize(
    ("only_first", "only_second", "expected"),
    [(0, 0, 1.0), (3, 3, 1.0), (0, 5, 0.0625), (6, 0, 0.03125), (2, 10, 158 / 4096), (10, 2, 158 / 4096)],
)
def test_mcnemar_gives_the_worked_examples(only_first, only_second, expected):
    assert mcnemar_p_value(only_first, only_second) == pytest.approx(expected)


@pytest.mark.parametrize(("only_first", "only_second"), [(1, 2), (7, 19), (40, 60), (0, 30)])
def test_mcnemar_is_both_tails_of_the_binomial_distribution(only_first, only_second):
    tail = binom.cdf(min(only_first, only_second), only_first + only_second, 0.5)
    assert mcnemar_p_value(only_first, only_second) == pytest.approx(min(1.0, 2 * tail))


@pytest.mark.parametrize(
    ("only_first", "only_second", "p_value"),
    [(121, 59, 0.000004), (70, 59, 0.378688), (80, 59, 0.089452), (30, 60, 0.00206), (10, 30, 0.002221), (10, 10, 1.0)],
)
def test_mcnemar_agrees_with_the_tables_that_statsmodels_is_tested_by(only_first, only_second, p_value):
    # statsmodels/stats/tests/test_nonparametric.py, test_mcnemar_exact: computed online at Vassar College.
    assert mcnemar_p_value(only_first, only_second) == pytest.approx(p_value, abs=1e-6)


@pytest.mark.parametrize(("only_first", "only_second"), [(0, 3), (5, 17), (121, 59)])
def test_mcnemar_agrees_with_the_binomial_test_of_scipy(only_first, only_second):
    theirs = binomtest(only_second, only_first + only_second, 0.5, alternative="two-sided").pvalue
    assert mcnemar_p_value(only_first, only_second) == pytest.approx(theirs, rel=1e-12)


def test_the_interval_of_a_difference_of_accuracies_is_the_adjusted_one():
    # Bonett & Price 2012: (c - b) / (n + 2) ± 1.96 standard errors with one sample added to b and to c.
    b, c, n = 4, 11, 100
    first, second = (b + 1) / (n + 2), (c + 1) / (n + 2)
    error = np.sqrt((first + second - (second - first) ** 2) / (n + 2))
    found = accuracy_difference(b, c, n)
    assert found.value == pytest.approx(0.07)
    assert (found.low, found.high) == pytest.approx(
        (second - first - 1.959964 * error, second - first + 1.959964 * error)
    )


def test_a_difference_of_macro_f1_of_two_equal_classes_is_as_sure_as_that_of_the_accuracy():
    labels = np.repeat([0, 1], 200)
    first, second = labels.copy(), labels.copy()
    for answers, n_wrong in ((first, 40), (second, 16)):
        answers[:n_wrong], answers[200 : 200 + n_wrong] = 1, 0
    found = compare_predictions(labels, first, second, 2)
    assert (found.macro_f1.low, found.macro_f1.high) == pytest.approx(
        (found.accuracy.low, found.accuracy.high), abs=0.004
    )


@pytest.mark.parametrize("n_classes", [2, 6, 77])
def test_differences_are_those_of_scikit_learn_and_lie_inside_their_intervals(n_classes):
    labels, first, second = _answers(400, n_classes, (0.75, 0.85))
    found = compare_predictions(labels, first, second, n_classes)
    scores = [(accuracy_score(labels, one), f1_score(labels, one, average="macro")) for one in (first, second)]
    for difference, at in ((found.accuracy, 0), (found.macro_f1, 1)):
        assert difference.value == pytest.approx(scores[1][at] - scores[0][at])
        assert difference.low < difference.value < difference.high
    assert found.n == 400


def test_the_matrix_is_the_second_less_the_first():
    labels, first, second = _answers(200, 3, (0.6, 0.9))
    found = compare_predictions(labels, first, second, 3)
    assert np.array_equal(found.matrix, confusion_matrix(labels, second) - confusion_matrix(labels, first))


def test_rows_right_alone_are_those_that_one_hits_and_the_other_misses():
    labels = np.array([0, 1, 2, 0, 1])
    first, second = np.array([0, 1, 0, 1, 0]), np.array([1, 1, 2, 1, 1])
    alone = rows_right_alone(labels, first, second)
    assert [rows.tolist() for rows in alone] == [[0], [2, 4]]
    found = compare_predictions(labels, first, second, 3)
    assert (found.n_only_first, found.n_only_second) == (1, 2)


def test_the_interval_of_the_accuracy_agrees_with_scipy():
    labels, first, second = _answers(400, 2, (0.8, 0.86))
    found = compare_predictions(labels, first, second, 2).accuracy
    gains = (second == labels).astype(float) - (first == labels)
    theirs = bootstrap((gains,), np.mean, n_resamples=4000, method="percentile", rng=np.random.default_rng(0))
    interval = theirs.confidence_interval
    assert [found.low, found.high] == pytest.approx([interval.low, interval.high], abs=0.008)


def test_the_interval_of_macro_f1_agrees_with_drawing_pairs_one_by_one():
    labels, first, second = _answers(1200, 4, (0.7, 0.78))
    rng = np.random.default_rng(1)
    rows = [np.flatnonzero(labels == label) for label in range(4)]
    gains = []
    for _ in range(500):
        drawn = np.concatenate([rng.choice(members, len(members)) for members in rows])
        scores = [f1_score(labels[drawn], answers[drawn], average="macro") for answers in (first, second)]
        gains.append(scores[1] - scores[0])
    found = compare_predictions(labels, first, second, 4).macro_f1
    assert [found.low, found.high] == pytest.approx(np.quantile(gains, [0.025, 0.975]), abs=0.006)


def test_intervals_cover_the_true_difference_about_as_often_as_they_claim():
    # Two equally frequent classes and symmetric mistakes, a tenth of the answers turned round: of many samples the
    # first hits 0.9 * 0.75 + 0.1 * 0.25 = 0.70, the second 0.78, and both differences are 0.08.
    rng, labels, covered = np.random.default_rng(0), np.repeat([0, 1], 100), np.zeros(2)
    for _ in range(150):
        luck = rng.random(200)  # shared by both, so that they miss the same samples: that is what pairing is for
        first, second = (np.where(luck < rate, labels, 1 - labels) for rate in (0.75, 0.85))
        flips = rng.random(200) < 0.1
        first, second = np.where(flips, 1 - first, first), np.where(flips, 1 - second, second)
        found = compare_predictions(labels, first, second, 2)
        covered += [one.low <= 0.08 <= one.high for one in (found.accuracy, found.macro_f1)]
    assert all(0.89 <= share <= 0.99 for share in covered / 150)


def test_equally_good_runs_are_seldom_told_apart():
    rng, labels, decided = np.random.default_rng(0), np.repeat([0, 1, 2], 50), 0
    for _ in range(150):
        first, second = (np.where(rng.random(150) < 0.8, labels, (labels + 1) % 3) for _ in range(2))
        decided += compare_predictions(labels, first, second, 3).is_decided
    assert decided / 150 <= 0.06


def test_the_same_answers_differ_by_nothing_as_far_as_so_few_samples_can_tell():
    labels, first, _ = _answers(60, 3, (0.8, 0.8))
    found = compare_predictions(labels, first, first.copy(), 3)
    for one in (found.accuracy, found.macro_f1):
        assert one.value == 0.0
        assert -0.07 < one.low < 0 < one.high < 0.07
    assert (found.p_value, found.is_decided, found.is_hint) == (1.0, False, False)
    assert verdict_words(found) == "not distinguishable on 60 samples"


def test_with_every_answer_turned_round_the_interval_stays_within_its_bounds():
    labels = np.repeat([0, 1], 10)
    found = compare_predictions(labels, 1 - labels, labels, 2)
    assert 0.6 < found.accuracy.low < found.accuracy.high == 1.0
    assert 0.6 < found.macro_f1.low < found.macro_f1.high == 1.0
    assert verdict_words(found).startswith("B is better: +100.0 points (")


def test_the_better_run_is_named_whichever_comes_first():
    labels, worse, better = _answers(400, 2, (0.7, 0.9))
    ahead = compare_predictions(labels, worse, better, 2)
    behind = compare_predictions(labels, better, worse, 2)
    assert verdict_words(ahead) == f"B is better: {points_words(ahead.accuracy)}"
    assert verdict_words(behind, "old", "new").startswith(f"old is better: {100 * ahead.accuracy.value:+.1f} points (")
    assert verdict_words(behind).count("-") == 0


def test_an_interval_beside_zero_on_few_samples_is_a_hint_and_no_verdict():
    labels = np.repeat([0, 1], 20)
    first = labels.copy()
    first[:5] = 1
    found = compare_predictions(labels, first, labels, 2)
    assert found.p_value == pytest.approx(0.0625)
    assert found.accuracy.low > 0
    assert (found.is_decided, found.is_hint) == (False, True)
    assert verdict_words(found) == "not distinguishable on 40 samples"


def test_points_are_said_with_their_interval_as_far_as_there_is_one():
    assert points_words(Interval(value=0.021, low=0.004, high=0.039)) == "+2.1 points (0.4 to 3.9)"
    assert points_words(Interval(value=-0.02, low=None, high=None, why="few")) == "-2.0 points"


@pytest.mark.parametrize("lengths", [(0, 0, 0), (3, 3, 2), (2, 3, 3)])
def test_answers_that_belong_to_no_common_samples_are_refused(lengths):
    with pytest.raises(ValueError, match="as many labels as answers"):
        compare_predictions(*(np.zeros(length, dtype=np.int64) for length in lengths), 2)


def _answers(n, n_classes, hit_rates):
    """Labels, and answers of two runs that miss many samples together."""
    rng = np.random.default_rng(n_classes)
    labels, luck = np.arange(n) % n_classes, rng.random(n)
    other = (labels + rng.integers(1, n_classes, n)) % n_classes
    first, second = (np.where(0.7 * luck + 0.3 * rng.random(n) < rate, labels, other) for rate in hit_rates)
    return labels, first, second
