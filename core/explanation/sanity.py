"""Does an explanation depend on what was learned? Adebayo et al. 2018 ask it again of a network of random weights."""

from __future__ import annotations

import numpy as np
from scipy.stats import spearmanr

from core.arrays import FloatArray
from core.explanation.records import SanityCheck

MIN_PLACES = 6
"""Fewer places agree in their order by chance."""


def check_sanity(scores: FloatArray, scores_of_random: FloatArray) -> SanityCheck:
    """How similar an explanation stays when the head is replaced by one of random weights.

    A picture that stays the same shows what the frozen features stand out by, and nothing about this model's classes.
    The sign does not count: a random head is as likely to turn it around.

    Args:
        scores: of every place, any shape.
        scores_of_random: of the same places under each random head, shape (n_heads, *shape of scores).
    """
    n_heads, places = len(scores_of_random), scores.ravel()
    if len(places) < MIN_PLACES:
        return _unknown(n_heads, f"{len(places)} places are too few to compare; {MIN_PLACES} are needed")
    if np.ptp(places) == 0:
        return _unknown(n_heads, "every place has the same score")
    of_random = [random.ravel() for random in scores_of_random]
    sizes = [abs(float(spearmanr(places, random).statistic)) for random in of_random if np.ptp(random) > 0]
    if not sizes:
        return _unknown(n_heads, "the random heads give every place the same score")
    return SanityCheck(similarity=float(np.mean(sizes)), n_heads=n_heads)


def _unknown(n_heads: int, why: str) -> SanityCheck:
    return SanityCheck(similarity=None, n_heads=n_heads, why_not=why)
