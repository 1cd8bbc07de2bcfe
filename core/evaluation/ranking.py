"""Which of several backbones comes first: who stays in the race, who is tied, and in which order they are told."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from scipy.stats import rankdata

from core.arrays import IntArray
from core.evaluation.transferability import HeldOutScore, is_clearly_better


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class Entrant:
    """One backbone after a round.

    Attributes:
        model: id of the backbone.
        probe: how a linear head on its features does; all entrants of a round on the same samples.
        prior: what was known before, higher is better; None where nothing is.
        ms_per_sample: milliseconds a sample takes.
    """

    model: str
    probe: HeldOutScore
    prior: float | None
    ms_per_sample: float


def who_goes_on(entrants: Sequence[Entrant], labels: IntArray) -> tuple[str, ...]:
    """The better half by combined rank, and whoever is tied with the best score: few samples must not decide that.

    Args:
        entrants: all that took part in the round.
        labels: of the samples it was scored on, shape (n_samples,).
    """
    places = combined_ranks(entrants)
    n_kept = (len(entrants) + 1) // 2
    kept = set(sorted(places, key=places.__getitem__)[:n_kept]) | tied_with_best(entrants, labels)
    return tuple(one.model for one in entrants if one.model in kept)


def order_of(entrants: Sequence[Entrant], labels: IntArray) -> tuple[str, ...]:
    """Those tied with the best score, the fastest first; then the others by combined rank."""
    tied, places = tied_with_best(entrants, labels), combined_ranks(entrants)

    def place(one: Entrant) -> tuple[bool, float, float]:
        is_tied = one.model in tied
        first = one.ms_per_sample if is_tied else places[one.model]
        return not is_tied, first, -one.probe.balanced_accuracy

    return tuple(one.model for one in sorted(entrants, key=place))


def tied_with_best(entrants: Sequence[Entrant], labels: IntArray) -> set[str]:
    """The best score, and all that it does not surpass by more than one standard error of the difference."""
    if not entrants:
        return set()
    best = max(entrants, key=lambda one: one.probe.balanced_accuracy)
    return {one.model for one in entrants if not is_clearly_better(best.probe.hits, one.probe.hits, labels)}


def combined_ranks(entrants: Sequence[Entrant]) -> Mapping[str, float]:
    """Mean of the ranks by score and by prior, 1 is best; by score alone unless a prior is known for all.

    Search by either alone is sometimes far off, and both together seldom (Renggli et al. 2022).
    """
    ranks = rankdata([-one.probe.balanced_accuracy for one in entrants])
    priors = [one.prior for one in entrants if one.prior is not None]
    if len(priors) == len(entrants):
        ranks = np.mean([ranks, rankdata([-prior for prior in priors])], axis=0)
    return {one.model: float(rank) for one, rank in zip(entrants, ranks, strict=True)}


def nested_sample(labels: IntArray, n: int, *, seed: int) -> IntArray:
    """Positions of at most `n` samples with the proportions of all; a smaller sample is the beginning of a larger one.

    Two of every class come first: one alone could not be found when it is left out.

    Args:
        labels: shape (n_samples,), integers.
        n: how many.
        seed: fixes the draw.
    """
    drawn = np.random.default_rng(seed).permutation(len(labels))
    turns = np.empty(len(labels))
    for label in np.unique(labels):
        of_class = drawn[labels[drawn] == label]
        turns[of_class] = (np.arange(len(of_class)) + 0.5) / len(of_class)
        turns[of_class[:2]] -= 1.0
    return drawn[np.argsort(turns[drawn], kind="stable")][:n]
