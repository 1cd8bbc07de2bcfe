import copy

import pytest
import torch
from timm.layers import DropPath
from torch import nn
from torchvision.ops import StochasticDepth

from core.backbones.loaders import build_backbone
from core.backbones.networks.dropout import GeneratorSlot, SeededDropout, seed_dropouts


def test_the_mask_comes_from_the_slot_and_the_global_generator_is_left_alone():
    slot = GeneratorSlot(seed=4)
    dropout = SeededDropout(0.5, slot).train()
    state = torch.get_rng_state()
    first = dropout(torch.ones(1000))
    assert torch.equal(torch.get_rng_state(), state)
    torch.rand(10)
    slot.generator = torch.Generator().manual_seed(4)
    assert torch.equal(dropout(torch.ones(1000)), first)
    assert not torch.equal(dropout(torch.ones(1000)), first)


def test_a_share_p_becomes_zero_and_the_mean_stays():
    values = SeededDropout(0.2, GeneratorSlot()).train()(torch.ones(100_000))
    assert set(values.unique().tolist()) == {0.0, 1.25}
    assert abs(float(values.mean()) - 1) < 0.01


def test_nothing_happens_in_evaluation_mode_or_without_probability():
    values = torch.randn(10)
    assert SeededDropout(0.5, GeneratorSlot()).eval()(values) is values
    assert SeededDropout(0.0, GeneratorSlot()).train()(values) is values


def test_the_type_of_the_values_is_kept():
    assert SeededDropout(0.5, GeneratorSlot()).train()(torch.ones(4, dtype=torch.bfloat16)).dtype == torch.bfloat16


def test_every_dropout_inside_is_replaced():
    network = nn.Sequential(nn.Dropout(0.1), nn.Sequential(nn.Linear(2, 2), nn.Dropout2d(0.3)))
    seed_dropouts(network, GeneratorSlot())
    assert [type(m).__name__ for m in network.modules() if "Dropout" in type(m).__name__] == ["SeededDropout"] * 2
    assert (network[0].p, network[1][1].p) == (0.1, 0.3)


def test_a_whole_backbone_in_training_mode_repeats_itself_from_its_generator_alone():
    backbone = build_backbone("minilm-l6", pretrained=False, seed=1).train()
    ids = torch.randint(5, 900, (2, 6))

    def features(seed):
        backbone.generator = torch.Generator().manual_seed(seed)
        with torch.no_grad():
            return backbone(ids)

    first = features(9)
    state = torch.get_rng_state()
    assert torch.equal(features(9), first)
    assert torch.equal(torch.get_rng_state(), state)
    assert not torch.equal(features(10), first)


def test_a_copied_backbone_has_a_generator_of_its_own_in_the_same_state():
    backbone = build_backbone("minilm-l6", pretrained=False, seed=1).train()
    twin = copy.deepcopy(backbone)
    ids = torch.randint(5, 900, (2, 6))
    with torch.no_grad():
        assert torch.equal(twin(ids), backbone(ids))
    assert twin.generator is not backbone.generator


@pytest.mark.parametrize("drop_path", [StochasticDepth(0.25, "row"), DropPath(0.25)], ids=["torchvision", "timm"])
def test_drop_path_leaves_out_whole_samples_and_draws_from_the_slot_too(drop_path):
    slot = GeneratorSlot(seed=4)
    network = nn.Sequential(drop_path)
    seed_dropouts(network, slot)
    state = torch.get_rng_state()
    dropped = network.train()(torch.ones(4000, 2, 3))
    assert torch.equal(torch.get_rng_state(), state)
    per_sample = dropped.flatten(1)
    assert torch.equal(per_sample.min(dim=1).values, per_sample.max(dim=1).values)
    assert dropped.unique().tolist() == pytest.approx([0, 4 / 3])
    assert abs(float(dropped.mean()) - 1) < 0.05
    slot.generator = torch.Generator().manual_seed(4)
    assert torch.equal(network(torch.ones(4000, 2, 3)), dropped)
    assert torch.equal(network.eval()(torch.ones(4)), torch.ones(4))
