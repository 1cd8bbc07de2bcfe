"""The deepest border that fits is kept."""

import pytest

from core.features.room import activation_bytes, deepest_affordable

N_OUTPUTS = (100, 400, 50, 60, 8)


@pytest.mark.parametrize(
    ("cut", "room", "expected"),
    [
        (4, 1200, 4),
        (4, 1100, 3),
        (4, 999, 0),
        (3, 10**9, 3),
        (2, 7999, 1),
        (2, 8000, 2),
        (0, 10**9, 0),
        (5, 0, 5),
    ],
)
def test_the_deepest_border_up_to_the_cut_whose_activations_fit(cut, room, expected):
    assert deepest_affordable(cut, N_OUTPUTS, 10, room) == expected


def test_activations_take_two_bytes_a_number():
    assert activation_bytes(100, 10) == 2000
