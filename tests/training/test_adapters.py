"""Low-rank adapters: they begin by saying nothing, what they learn can be merged, and they leave no trace."""

import numpy as np
import pytest
import torch

from core.backbones.freezing import hash_tensors
from core.training.adapters import Adapters
from tests.training.networks import SMALLEST, text_samples, tiny_transformer

FAMILIES = list(SMALLEST)
LAYERS = ("layer.0", "layer.1")


@pytest.fixture
def batch():
    return text_samples(n=6)[0].batch(np.arange(6))


def features(backbone, batch):
    with torch.no_grad():
        return backbone(batch.values, batch.mask)


def taught(adapters):
    """As if they had learned something."""
    generator = torch.Generator().manual_seed(1)
    learned = {name: torch.randn(tensor.shape, generator=generator) for name, tensor in adapters.tensors().items()}
    adapters.load(learned)
    return adapters


@pytest.mark.parametrize("family", FAMILIES)
def test_at_first_the_network_gives_what_it_gave_before_and_then_something_else(family, batch):
    backbone = tiny_transformer(family)
    before = features(backbone, batch)
    adapters = Adapters(backbone, LAYERS, seed=0)
    assert torch.equal(features(backbone, batch), before)
    taught(adapters)
    assert not torch.allclose(features(backbone, batch), before, atol=1e-3)


@pytest.mark.parametrize("family", FAMILIES)
def test_merged_into_the_weights_they_say_the_same_without_standing_there(family, batch):
    backbone = tiny_transformer(family)
    adapters = taught(Adapters(backbone, LAYERS, seed=0))
    beside, merged = features(backbone, batch), adapters.merged()
    adapters.take_out()
    for name, weight in merged.items():
        stage, _, place = name.removeprefix("stage.").partition("/")
        dict(backbone.stage(stage).named_parameters())[place].data.copy_(weight)
    torch.testing.assert_close(features(backbone, batch), beside, atol=1e-5, rtol=1e-4)


@pytest.mark.parametrize("family", FAMILIES)
def test_a_gradient_reaches_every_adapter_and_nothing_else_of_the_stages(family, batch):
    backbone = tiny_transformer(family)
    backbone.apply_freeze(["embeddings"], "low-rank")
    adapters = taught(Adapters(backbone, LAYERS, seed=0))
    backbone(batch.values, batch.mask).square().sum().backward()
    own = {id(tensor) for tensor in adapters.tensors().values()}
    assert own == {id(one) for one in backbone.parameters() if one.requires_grad}
    assert all(tensor.grad.abs().sum() > 0 for tensor in adapters.tensors().values())


def test_taken_out_they_leave_modules_and_bits_as_they_were():
    backbone = tiny_transformer()
    stage = backbone.stage("layer.1")
    before, modules = hash_tensors(backbone), dict(stage.named_modules())
    for _ in range(2):  # a second phase may put new ones there
        taught(Adapters(backbone, LAYERS, seed=0)).take_out()
        assert hash_tensors(backbone) == before
        assert dict(stage.named_modules()) == modules


def test_a_seed_decides_how_they_start():
    first, again, other = (Adapters(tiny_transformer(), LAYERS, seed=seed).tensors() for seed in (1, 1, 2))
    assert all(torch.equal(first[name], again[name]) for name in first)
    assert not all(torch.equal(first[name], other[name]) for name in first)


def test_the_generator_that_all_threads_share_is_neither_read_nor_advanced():
    backbone = tiny_transformer()
    before = torch.get_rng_state()
    Adapters(backbone, LAYERS, seed=1)
    assert torch.equal(torch.get_rng_state(), before)


def test_stages_without_projections_are_left_alone():
    backbone = tiny_transformer()
    modules = dict(backbone.stage("embeddings").named_modules())
    assert Adapters(backbone, ("embeddings",), seed=0).tensors() == {}
    assert dict(backbone.stage("embeddings").named_modules()) == modules
