"""Views differ from the image and from one another, and never between two runs."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.features.views import Views, draw_view

PIXELS = np.random.default_rng(0).integers(0, 256, (6, 6, 3), dtype=np.uint8).repeat(8, 0).repeat(8, 1)


def test_rows_are_all_samples_then_the_training_samples_once_per_further_view():
    train = np.array([0, 2])
    assert Views(n=3).rows(4, train).tolist() == [0, 1, 2, 3, 4, 6, 8, 10]
    assert Views().rows(4, train).tolist() == [0, 1, 2, 3]


def test_names_tell_samples_views_and_kinds_apart():
    plain, mirrored = (Views(n=3, mirrored=is_on).names(["a", "b"]) for is_on in (False, True))
    assert plain[:2] == mirrored[:2] == ("a", "b")
    assert len({*plain, *mirrored}) == 2 + 4 + 4
    assert Views(n=2).names(["a", "b"]) == plain[:4]


@given(st.text(max_size=10))
def test_a_view_is_decided_by_its_name(name):
    first, again = (draw_view(PIXELS, name, mirrored=True) for _ in range(2))
    np.testing.assert_array_equal(first, again)
    assert first.shape == PIXELS.shape
    assert first.dtype == np.uint8


def test_views_keep_most_of_the_image_and_its_light():
    for number in range(50):
        view = draw_view(PIXELS, str(number), mirrored=False)
        assert 0.75 < view.mean() / PIXELS.mean() < 1.3


@pytest.mark.parametrize("mirrored", [False, True])
def test_views_are_mirrored_only_where_that_is_allowed(mirrored):
    ramp = np.broadcast_to(np.linspace(0, 200, 48, dtype=np.uint8)[None, :, None], (48, 48, 3))
    rising = [
        view[:, -8:].mean() > view[:, :8].mean()
        for view in (draw_view(np.ascontiguousarray(ramp), str(number), mirrored=mirrored) for number in range(40))
    ]
    assert all(rising) != mirrored
    assert sum(rising) > 10
