"""Log-odds, and heads that have learned nothing."""

import pytest
import torch
from torch import nn

from core.explanation.heads import head_of, random_heads

LAYER = nn.Linear(4, 3)
FEATURES = torch.randn(5, 4, generator=torch.Generator().manual_seed(0))


def test_log_odds_are_those_of_the_softmax():
    probs = LAYER(FEATURES).softmax(dim=1)[:, 1]
    assert torch.allclose(head_of(LAYER).log_odds(FEATURES, 1), (probs / (1 - probs)).log(), atol=1e-5)


def test_random_heads_differ_from_each_other_and_come_again():
    first, second = random_heads(head_of(LAYER), n=2)
    assert first.weight.shape == LAYER.weight.shape
    assert not torch.equal(first.weight, second.weight)
    assert torch.equal(first.weight, random_heads(head_of(LAYER), n=2)[0].weight)


def test_random_heads_are_about_as_large_as_the_own_one():
    layer = nn.Linear(200, 20)
    (drawn,) = random_heads(head_of(layer), n=1)
    assert float(drawn.weight.std()) == pytest.approx(float(head_of(layer).weight.std()), rel=0.1)
