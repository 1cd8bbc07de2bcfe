import pytest

from core.evaluation.pairing import pair_samples


@pytest.mark.parametrize(
    ("first", "second", "pairs"),
    [
        ("abc", "abc", [(0, 0), (1, 1), (2, 2)]),
        ("abc", "cab", [(0, 1), (1, 2), (2, 0)]),
        ("abc", "xby", [(1, 1)]),
        ("aba", "aab", [(0, 0), (1, 2), (2, 1)]),
        ("aa", "a", [(0, 0)]),
        ("a", "aa", [(0, 0)]),
        ("abc", "xyz", []),
        ("", "abc", []),
    ],
)
def test_equal_samples_are_paired_in_order_and_each_once(first, second, pairs):
    found = pair_samples(list(first), list(second))
    assert list(zip(*(side.tolist() for side in found), strict=True)) == pairs
