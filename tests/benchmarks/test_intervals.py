"""Intervals that claim 95 % hold the truth about as often, on samples of a population whose numbers are known."""

import numpy as np
import pytest

from benchmarks.intervals import Coverage, build_population, simulate

REPETITIONS = 120
FIELDS = Coverage.__dataclass_fields__


@pytest.mark.parametrize("is_stratified", [True, False])
@pytest.mark.parametrize(
    ("n_classes", "n", "accuracy"), [(2, 30, 0.6), (2, 30, 0.97), (2, 153, 0.95), (10, 100, 0.8), (10, 300, 0.9)]
)
def test_every_interval_covers_about_as_often_as_it_claims(n_classes, n, accuracy, is_stratified):
    found = simulate(n_classes, n, accuracy, repetitions=REPETITIONS, is_stratified=is_stratified)
    # At a true coverage of 0.95, 120 repetitions fall below 0.89 once in 500 times; an interval may be too wide.
    assert {name: round(getattr(found, name), 3) for name in FIELDS if getattr(found, name) < 0.89} == {}


def test_the_numbers_of_the_population_are_those_of_very_many_of_its_samples():
    population, rng = build_population(10, 0.8), np.random.default_rng(0)
    labels = rng.choice(10, size=200_000, p=population.class_shares)
    answers = population.answers(labels, rng.random(len(labels)))
    assert population.accuracy == pytest.approx(0.8)
    assert (labels == answers).mean() == pytest.approx(0.8, abs=0.005)
    for label in (0, 9):
        both = ((labels == label) & (answers == label)).sum()
        f1 = 2 * both / ((labels == label).sum() + (answers == label).sum())
        assert f1 == pytest.approx(population.class_f1[label], abs=0.01)


def test_a_sample_with_more_luck_is_right_where_one_with_less_is_wrong():
    population = build_population(2, 0.8)
    answers = population.answers(np.array([0, 0]), np.array([0.0, 0.999]))
    assert answers.tolist() == [0, 1]
