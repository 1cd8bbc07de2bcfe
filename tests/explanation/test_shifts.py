"""Shifts: the same every time, hardly anything when weak, more the stronger, and never another size."""

import numpy as np
import pytest
from PIL import Image

from core.explanation.image_shifts import IMAGE_SHIFTS
from core.explanation.text_shifts import TEXT_SHIFTS

TEXT = "Why was my Card declined, twice, in the same shop? Please help!"
BY_ID = {shift.id: shift.apply for shift in (*IMAGE_SHIFTS, *TEXT_SHIFTS)}


@pytest.fixture(scope="module")
def image():
    """A picture in several colours with some detail."""
    coarse = np.random.default_rng(0).integers(40, 200, (24, 24, 3), dtype=np.uint8)
    return Image.fromarray(coarse).resize((96, 96), Image.Resampling.BICUBIC)


def distance(one, other):
    return np.abs(np.asarray(one, dtype=float) - np.asarray(other, dtype=float)).mean()


@pytest.mark.parametrize("shift", IMAGE_SHIFTS, ids=lambda shift: shift.id)
def test_an_image_keeps_its_size_and_moves_further_the_stronger_it_is_shifted(image, shift):
    weak, strong = shift.apply(image, 0.3), shift.apply(image, 1.0)
    assert weak.size == strong.size == image.size
    assert weak.mode == strong.mode == "RGB"
    assert 0 < distance(weak, image) < distance(strong, image)
    assert shift.apply(image, 1.0).tobytes() == strong.tobytes()


def test_darker_is_darker_brighter_brighter_and_grey_has_no_colour(image):
    mean = np.asarray(image).mean()
    assert np.asarray(BY_ID["dark"](image, 0.5)).mean() < mean < np.asarray(BY_ID["bright"](image, 0.5)).mean()
    grey = np.asarray(BY_ID["grey"](image, 1.0)).astype(int)
    assert np.ptp(grey, axis=2).max() <= 1


def test_a_turned_image_has_no_black_corners():
    white = Image.new("RGB", (64, 64), "white")
    assert np.asarray(BY_ID["turn"](white, 0.5)).min() == 255


@pytest.mark.parametrize("shift", TEXT_SHIFTS, ids=lambda shift: shift.id)
def test_a_text_is_shifted_the_same_way_every_time(shift):
    assert shift.apply(TEXT, 1.0) == shift.apply(TEXT, 1.0) != TEXT


@pytest.mark.parametrize("shift", TEXT_SHIFTS, ids=lambda shift: shift.id)
@pytest.mark.parametrize("text", ["a", "卡", "...", "", "two words"])
def test_short_texts_are_shifted_as_far_as_they_can_be(shift, text):
    assert isinstance(shift.apply(text, 0.5), str)


SHIFTED = {
    "lower": TEXT.lower(),
    "upper": TEXT.upper(),
    "punctuation": "Why was my Card declined twice in the same shop Please help",
    "short": "Why",
}


@pytest.mark.parametrize("name", SHIFTED)
def test_at_full_strength_a_shift_does_what_it_is_called(name):
    assert BY_ID[name](TEXT, 1.0) == SHIFTED[name]


def test_half_a_cut_keeps_the_first_half():
    assert BY_ID["short"]("one two three four", 0.5) == "one two"


def test_shuffled_words_are_the_same_words_and_none_stays_where_it_was():
    words, shuffled = TEXT.split(), BY_ID["order"](TEXT, 1.0).split()
    assert sorted(shuffled) == sorted(words)
    assert all(before != after for before, after in zip(words, shuffled, strict=True))


def test_more_strength_makes_more_typing_errors():
    words = ["alphabet"] * 60
    few, many = (
        sum(word != "alphabet" for word in BY_ID["typos"](" ".join(words), strength).split()) for strength in (0.2, 1.0)
    )
    assert 0 < few < many
