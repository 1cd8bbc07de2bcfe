"""Whether an explanation depends on what was learned."""

import numpy as np
import pytest

from core.explanation.sanity import MIN_PLACES, check_sanity

SCORES = np.random.default_rng(0).normal(size=(8, 8))


def test_a_picture_that_no_head_changes_is_told():
    found = check_sanity(SCORES, np.stack([SCORES, 3 * SCORES, -SCORES]))
    assert found.similarity == pytest.approx(1.0)
    assert found.n_heads == 3
    assert not found.changes


def test_a_picture_that_every_head_changes_is_similar_to_none():
    others = np.random.default_rng(1).normal(size=(5, 8, 8))
    found = check_sanity(SCORES, others)
    assert found.similarity < 0.25
    assert found.changes


@pytest.mark.parametrize(("scores", "why"), [(np.arange(MIN_PLACES - 1.0), "too few"), (np.ones(20), "the same score")])
def test_where_nothing_can_be_compared_it_says_why(scores, why):
    found = check_sanity(scores, np.stack([scores + 1]))
    assert found.similarity is None
    assert why in found.why_not


def test_random_heads_without_a_picture_are_told():
    found = check_sanity(SCORES, np.zeros((2, 8, 8)))
    assert found.similarity is None
    assert "random heads" in found.why_not
