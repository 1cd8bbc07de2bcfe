"""Who stays, who is tied, who comes first."""

import numpy as np
import pytest

from core.evaluation.ranking import Entrant, combined_ranks, nested_sample, order_of, tied_with_best, who_goes_on
from core.evaluation.transferability import score_hits

LABELS = np.arange(200) % 2


def entrant(model, n_missed, *, prior=None, ms=1.0, first=0):
    """Misses samples from `first` on; equal places are missed together."""
    hits = np.ones(len(LABELS), dtype=bool)
    hits[first : first + n_missed] = False
    return Entrant(model=model, probe=score_hits(hits, LABELS), prior=prior, ms_per_sample=ms)


def test_the_better_half_goes_on():
    race = [entrant("a", 80), entrant("b", 10), entrant("c", 40), entrant("d", 120)]
    assert who_goes_on(race, LABELS) == ("b", "c")


def test_whoever_is_tied_with_the_best_goes_on_too():
    race = [entrant("a", 10), entrant("b", 10, first=5), entrant("c", 11, first=9), entrant("d", 120)]
    assert who_goes_on(race, LABELS) == ("a", "b", "c")


def test_of_an_odd_number_the_larger_half_goes_on():
    assert len(who_goes_on([entrant("a", 0), entrant("b", 40), entrant("c", 80)], LABELS)) == 2
    assert who_goes_on([entrant("a", 90)], LABELS) == ("a",)


def test_among_those_tied_the_fastest_comes_first_and_the_slow_winner_does_not():
    race = [entrant("slow", 10, ms=50), entrant("quick", 11, ms=2, first=4), entrant("bad", 90, ms=0.1)]
    assert tied_with_best(race, LABELS) == {"slow", "quick"}
    assert order_of(race, LABELS) == ("quick", "slow", "bad")


def test_a_clear_winner_comes_first_however_slow():
    assert order_of([entrant("quick", 60, ms=1), entrant("slow", 5, ms=90)], LABELS) == ("slow", "quick")


def test_what_was_known_before_counts_as_much_as_the_score_when_it_is_known_for_all():
    race = [entrant("a", 10, prior=0.7), entrant("b", 50, prior=0.9), entrant("c", 90, prior=0.6)]
    assert combined_ranks(race) == {"a": 1.5, "b": 1.5, "c": 3.0}
    unknown = [*race[:2], entrant("c", 90)]
    assert combined_ranks(unknown) == {"a": 1.0, "b": 2.0, "c": 3.0}


def test_what_was_known_before_never_brings_a_clearly_worse_one_to_the_front():
    race = [entrant("a", 5, prior=0.5), entrant("b", 80, prior=0.9)]
    assert order_of(race, LABELS)[0] == "a"


def test_a_sample_keeps_the_proportions_and_contains_every_smaller_one():
    labels = np.repeat([0, 1, 2], [600, 300, 100])
    large, small = nested_sample(labels, 500, seed=3), nested_sample(labels, 200, seed=3)
    assert small.tolist() == large[:200].tolist()
    assert len(set(large.tolist())) == 500
    assert np.bincount(labels[large]) == pytest.approx([300, 150, 50], abs=3)


def test_rare_classes_are_there_with_two_samples():
    labels = np.repeat(np.arange(11), [1_000, *[2] * 9, 1])
    counts = np.bincount(labels[nested_sample(labels, 40, seed=0)])
    assert counts[1:].tolist() == [2] * 9 + [1]


def test_fewer_samples_than_asked_for_are_all_taken():
    assert sorted(nested_sample(np.array([0, 1, 0]), 10, seed=0).tolist()) == [0, 1, 2]
