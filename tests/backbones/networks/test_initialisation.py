import pytest
import torch
from torch import nn

from core.backbones.networks.initialisation import initialise_weights


def fill(module, linear_std=0.02):
    initialise_weights(module, torch.Generator().manual_seed(0), linear_std=linear_std)
    return module


def test_convolutions_are_scaled_by_their_fan_in_per_group():
    assert float(fill(nn.Conv2d(64, 128, 3)).weight.detach().std()) == pytest.approx((2 / (64 * 9)) ** 0.5, rel=0.02)
    depthwise = fill(nn.Conv2d(2048, 2048, 3, groups=2048))
    assert float(depthwise.weight.detach().std()) == pytest.approx((2 / 9) ** 0.5, rel=0.02)
    assert not depthwise.bias.any()


def test_linear_layers_and_embeddings_follow_the_given_deviation_and_padding_stays_zero():
    assert float(fill(nn.Linear(300, 300), linear_std=0.05).weight.detach().std()) == pytest.approx(0.05, rel=0.02)
    embedding = fill(nn.Embedding(500, 100, padding_idx=3))
    assert not embedding.weight[3].any()
    assert float(embedding.weight.detach().std()) == pytest.approx(0.02, rel=0.02)


def test_normalisation_starts_as_the_identity_with_fresh_statistics():
    norm = nn.BatchNorm2d(4)
    norm(torch.randn(8, 4, 2, 2))
    fill(norm)
    assert norm.running_mean.tolist() == [0] * 4
    assert norm.running_var.tolist() == [1] * 4
    assert norm.num_batches_tracked == 0


def test_a_layer_without_a_rule_is_refused():
    with pytest.raises(TypeError, match="No rule for the random weights of Bilinear"):
        fill(nn.Bilinear(2, 2, 2))
