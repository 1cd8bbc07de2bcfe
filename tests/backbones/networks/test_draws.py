import pytest
import torch
from torch.nn import functional

from core.backbones.networks.draws import GlobalDraws

ONES = torch.ones(2, 3, 4, 8)


@pytest.mark.parametrize(
    ("name", "draw"),
    [
        ("dropout", lambda: functional.dropout(ONES, 0.1)),
        ("rand", lambda: torch.rand(3)),
        ("bernoulli_", lambda: torch.empty(3).bernoulli_(0.5)),
        ("scaled_dot_product_attention", lambda: functional.scaled_dot_product_attention(ONES, ONES, ONES, None, 0.1)),
    ],
)
def test_what_draws_from_the_shared_generator_is_named(name, draw):
    with GlobalDraws() as draws:
        draw()
    assert name in draws.names


def test_draws_of_one_s_own_and_dropouts_that_drop_nothing_are_not():
    with GlobalDraws() as draws:
        torch.rand(3, generator=torch.Generator())
        torch.empty(3).bernoulli_(0.5, generator=torch.Generator())
        functional.dropout(ONES, 0.0, training=True)
        functional.dropout(ONES, 0.5, training=False)
        functional.scaled_dot_product_attention(ONES, ONES, ONES)
    assert draws.names == []
