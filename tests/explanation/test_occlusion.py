"""Squares that are covered, and what that says about places."""

import numpy as np

from core.explanation.occlusion import N_CELLS, N_WINDOWS, cover, score_cells

FILL = (10.4, 20.0, 30.0)


def test_every_copy_has_one_square_covered_and_every_pixel_is_covered_in_some_copy():
    pixels = np.full((33, 33, 3), 200, dtype=np.uint8)
    copies = cover(pixels, FILL)
    is_covered = (copies == (10, 20, 30)).all(axis=3)
    assert copies.shape == (N_WINDOWS, 33, 33, 3)
    assert ((copies == 200).all(axis=3) | is_covered).all()
    assert is_covered.any(axis=(1, 2)).all()
    assert is_covered.any(axis=0).all()
    assert (pixels == 200).all()


def test_the_place_that_the_answer_needs_gets_the_highest_score():
    """The answer is the brightness of one cell; it falls wherever that is covered."""
    pixels = np.zeros((50, 50, 3), dtype=np.uint8)
    pixels[10:15, 30:35] = 100
    falls = np.array([1.0 - copy[10:15, 30:35].mean() / 100 for copy in cover(pixels, (0, 0, 0))])
    scores = score_cells(falls)
    assert scores.shape == (N_CELLS, N_CELLS)
    assert np.unravel_index(scores.argmax(), scores.shape) == (2, 6)
    assert scores[2, 6] == 1.0
    assert (scores == 0).sum() == N_CELLS**2 - 9  # its neighbours share a square with it


def test_heads_are_scored_beside_each_other():
    falls = np.random.default_rng(0).normal(size=(3, N_WINDOWS))
    assert np.allclose(score_cells(falls)[1], score_cells(falls[1]))
