"""Every kind of activation becomes a map and its own kind again."""

import pytest
import torch

from core.explanation.grid import as_map


@pytest.mark.parametrize(
    ("shape", "as_shape"),
    [
        ((1, 5, 4, 4), (1, 5, 4, 4)),
        ((1, 4, 4, 5), (1, 5, 4, 4)),  # channels last
        ((1, 16, 5), (1, 5, 4, 4)),  # tokens
        ((1, 17, 5), (1, 5, 4, 4)),  # behind a class token
        ((1, 201, 5), (1, 5, 14, 14)),  # behind a class token and four registers
    ],
)
def test_an_activation_with_places_becomes_a_map_and_back(shape, as_shape):
    activation = torch.randn(shape)
    found = as_map(activation)
    assert found.map.shape == as_shape
    assert torch.equal(found.restore(found.map), activation)
    assert found.restore(found.map.expand(3, -1, -1, -1)).shape == (3, *shape[1:])


def test_tokens_lie_in_rows_behind_the_class_token():
    tokens = torch.arange(10.0).view(1, 10, 1)
    assert as_map(tokens).map[0, 0].tolist() == [[1, 2, 3], [4, 5, 6], [7, 8, 9]]


@pytest.mark.parametrize("shape", [(1, 8), (1, 8, 1, 1), (1, 46, 8)])
def test_what_has_no_places_any_more_is_no_map(shape):
    assert as_map(torch.randn(shape)) is None
