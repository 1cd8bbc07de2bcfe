"""Names that speak against mirroring, and names that do not."""

import pytest

from core.datasets.handedness import mirroring_warning


@pytest.mark.parametrize(
    ("names", "word"),
    [
        (("0", "1", "2"), "digits"),
        (("digit_0", "digit_1"), "digits"),
        (("zero", "One", "TWO"), "digits"),
        (("Sign 10", "Sign 11", "other"), "digits"),
        (("a", "b"), "letters"),
        (("Letter A", "Letter B", "nothing"), "letters"),
        (("Ж", "Д"), "letters"),
        (("left", "right"), "side"),
        (("turnLeft", "straight", "stop"), "side"),
        (("hand (right)", "hand"), "side"),
    ],
)
def test_digits_letters_and_sides_are_warned_of(names, word):
    warning = mirroring_warning(names)
    assert word in warning
    assert f'"{names[0]}"' in warning
    assert warning.endswith(".")


@pytest.mark.parametrize(
    "names",
    [
        ("ants", "bees"),
        ("cat", "dog", "x"),
        ("bright", "copyright", "leftover"),
        ("2 wheels", "4 wheels"),
        ("grade a apple", "grade b apple"),
        ("no one", "someone"),
        ("", "  "),
        ("1", "cats", "dogs", "birds"),
        (),
    ],
)
def test_other_names_are_not(names):
    assert mirroring_warning(names) is None
