"""Scores laid over an image."""

import io

import numpy as np
from PIL import Image

from core.explanation.overlay import MIN_SIDE_PX, lay_over, relative

GREY = np.full((60, 60, 3), 128, dtype=np.uint8)


def painted(grid):
    return np.asarray(Image.open(io.BytesIO(lay_over(GREY, np.array(grid))))).astype(int)


def test_places_that_speak_for_the_class_are_orange_and_others_blue():
    picture = painted([[1.0, 0.0], [0.0, -0.5]])
    assert picture.shape == (MIN_SIDE_PX, MIN_SIDE_PX, 3)
    for_place, against_place = picture[20, 20], picture[-20, -20]
    assert for_place[0] > 128 > for_place[2]
    assert against_place[0] < 128 < against_place[2]


def test_without_any_score_the_image_stays_plain():
    assert (painted([[0.0, 0.0], [0.0, 0.0]]) == 128).all()


def test_relative_scores_keep_their_sign_and_reach_one():
    assert relative(np.array([2.0, -4.0])).tolist() == [0.5, -1.0]
