"""The laws of staged backbones, on small rows; `tests/rows` applies those that every row obeys to each of them."""

import copy

import pytest
import torch
from torch import nn

from core.backbones.freezing import hash_frozen, hash_tensors
from core.backbones.loaders import build_backbone
from core.backbones.measuring import describe_backbone
from core.backbones.pooling import mean_over_positions
from core.backbones.tensor_choice import moving_tensors
from core.errors import UnknownChoiceError

IDS = ("efficientnet-lite0", "resnet18", "minilm-l6")
SMALL_IMAGE_PX = 64

PATTERNS = {
    "a prefix": lambda names: names[: len(names) // 2],
    "the middle": lambda names: names[2:4],
    "the end": lambda names: names[-2:],
}


@pytest.fixture(scope="module")
def backbone(request):
    """Random weights; built once per row, because pytest runs the tests of one row together. Left as it is."""
    return build_backbone(request.param, pretrained=False, seed=3)


def with_backbones(*backbone_ids):
    return pytest.mark.parametrize("backbone", backbone_ids, indirect=True)


def batch_for(backbone, n_samples=2, n_tokens=6):
    generator = torch.Generator().manual_seed(5)
    if backbone.row.modality == "image":
        return torch.randn(n_samples, 3, SMALL_IMAGE_PX, SMALL_IMAGE_PX, generator=generator), None
    ids = torch.randint(5, 900, (n_samples, n_tokens), generator=generator)
    mask = torch.ones_like(ids, dtype=torch.bool)
    mask[0, 4:] = False
    return ids, mask


@with_backbones(*IDS)
def test_features_have_the_stated_width_and_the_network_is_ready_for_use(backbone):
    values, mask = batch_for(backbone)
    with torch.no_grad():
        features = backbone(values, mask)
    assert features.shape == (2, backbone.n_features)
    assert features.dtype == torch.float32
    assert torch.isfinite(features).all()
    assert not backbone.training
    assert {parameter.dtype for parameter in backbone.parameters()} == {torch.float32}


@with_backbones(*IDS)
def test_the_whole_pass_equals_two_passes_joined_at_any_cut(backbone):
    values, mask = batch_for(backbone)
    with torch.no_grad():
        whole = backbone(values, mask)
        for cut in (0, 1, len(backbone.stage_names) - 1, len(backbone.stage_names)):
            at_cut = backbone.run_stages(values, mask, stop=cut)
            kept = at_cut.clone()
            joined = backbone.pool(backbone.run_stages(at_cut, mask, start=cut), mask)
            torch.testing.assert_close(joined, whole, rtol=0, atol=0)
            torch.testing.assert_close(at_cut, kept, rtol=0, atol=0)  # a cached activation is not written to


@pytest.mark.parametrize("pattern", PATTERNS)
@with_backbones("efficientnet-lite0", "resnet18", "mobilenetv3-large", "minilm-l6")
def test_a_training_step_moves_every_trainable_stage_and_no_frozen_tensor(backbone, pattern):
    backbone = copy.deepcopy(backbone)
    frozen = PATTERNS[pattern](backbone.stage_names)
    backbone.apply_freeze(frozen)
    backbone.train()
    before_frozen = hash_frozen(backbone, frozen)
    trained = [name for name in backbone.stage_names if name not in frozen]
    before_trained = {name: hash_tensors(backbone.stage(name)) for name in trained}
    optimizer = torch.optim.SGD([p for p in backbone.parameters() if p.requires_grad], lr=0.1, weight_decay=0.1)
    backbone(*batch_for(backbone)).square().sum().backward()
    optimizer.step()
    assert hash_frozen(backbone, frozen) == before_frozen
    assert all(hash_tensors(backbone.stage(name)) != before_trained[name] for name in trained)


@with_backbones("efficientnet-lite0", "minilm-l6")
def test_a_step_that_trains_norms_and_biases_moves_no_matrix_and_no_filter(backbone):
    backbone = copy.deepcopy(backbone)
    backbone.apply_freeze(backbone.stage_names[:2], "norms-and-biases")
    backbone.train()
    moving = {name: moving_tensors(backbone.stage(name), "norms-and-biases") for name in backbone.stage_names[2:]}
    staying = hash_frozen(backbone, backbone.stage_names[:2], moving)
    before = {name: hash_tensors(backbone.stage(name)) for name in moving}
    optimizer = torch.optim.SGD([p for p in backbone.parameters() if p.requires_grad], lr=0.1, weight_decay=0.1)
    backbone(*batch_for(backbone)).square().sum().backward()
    optimizer.step()
    assert hash_frozen(backbone, backbone.stage_names[:2], moving) == staying
    assert all(hash_tensors(backbone.stage(name)) != before[name] for name in moving)


@with_backbones("minilm-l6")
def test_frozen_stages_stay_in_evaluation_mode_whatever_train_is_told(backbone):
    backbone = copy.deepcopy(backbone)
    backbone.apply_freeze(["layer.1", "layer.2"])
    backbone.train()
    assert not any(module.training for module in backbone.stage("layer.1").modules())
    assert all(module.training for module in backbone.stage("layer.3").modules())
    backbone.apply_freeze(["layer.3"])
    assert all(module.training for module in backbone.stage("layer.1").modules())
    assert not any(module.training for module in backbone.stage("layer.3").modules())


@with_backbones("minilm-l6")
def test_dropout_is_off_in_frozen_stages_and_on_in_the_others(backbone):
    backbone = copy.deepcopy(backbone)
    values, mask = batch_for(backbone)
    backbone.apply_freeze(["embeddings", "layer.0"])
    backbone.train()
    with torch.no_grad():
        first = backbone.run_stages(values, mask, stop=2)
        assert torch.equal(first, backbone.run_stages(values, mask, stop=2))
        assert not torch.equal(backbone.run_stages(first, mask, start=2), backbone.run_stages(first, mask, start=2))


@with_backbones("resnet18")
def test_batch_norm_of_trainable_stages_keeps_its_statistics_unless_told_otherwise(backbone):
    backbone = copy.deepcopy(backbone)
    values, _ = batch_for(backbone)
    buffers = {name: value.clone() for name, value in backbone.named_buffers()}
    backbone.train()
    backbone(values)
    assert all(torch.equal(value, buffers[name]) for name, value in backbone.named_buffers())
    assert backbone.stage("stem")[1].weight.requires_grad
    backbone.train_batch_norm = True
    backbone.apply_freeze(["stem"])
    backbone.train()
    backbone(values)
    changed = {name for name, value in backbone.named_buffers() if not torch.equal(value, buffers[name])}
    assert changed == {name for name in buffers if not name.startswith("stages.stem")}


@with_backbones("minilm-l6", "distilbert")
def test_only_sentence_encoders_give_vectors_of_length_one(backbone):
    with torch.no_grad():
        norms = backbone(*batch_for(backbone)).norm(dim=1)
    assert torch.allclose(norms, torch.ones(2), atol=1e-5) is (backbone.row.id == "minilm-l6")


@with_backbones("resnet18")
def test_an_unknown_stage_is_answered_with_the_nearest(backbone):
    with pytest.raises(UnknownChoiceError, match="Did you mean"):
        backbone.stage("layer5")
    with pytest.raises(UnknownChoiceError, match="Did you mean"):
        backbone.apply_freeze(["layer_2"])
    assert backbone.frozen == frozenset()


@with_backbones("resnet18")
def test_the_last_stage_of_an_image_network_is_averaged_over_its_map(backbone):
    activation = torch.arange(2 * 512 * 4, dtype=torch.float32).reshape(2, 512, 2, 2)
    assert torch.equal(backbone.pool(activation), nn.functional.adaptive_avg_pool2d(activation, 1).flatten(1))


@with_backbones("efficientnet-lite0", "resnet18")
def test_pixels_are_scaled_to_one_then_normalised_per_channel_as_the_row_says(backbone):
    pixels = torch.randint(256, (2, 3, 64, 64), dtype=torch.uint8, generator=torch.Generator().manual_seed(0))
    wanted = backbone.row.preprocessing
    mean, std = (torch.tensor(numbers).view(1, 3, 1, 1) for numbers in (wanted.mean, wanted.std))
    expected = (pixels / 255 - mean) / std
    torch.testing.assert_close(backbone.normalise(pixels), expected, atol=1e-5, rtol=0)
    with torch.no_grad():
        torch.testing.assert_close(backbone(pixels), backbone(expected), atol=1e-4, rtol=1e-4)
        torch.testing.assert_close(backbone.run_stages(pixels, stop=0), expected, atol=1e-5, rtol=0)


@with_backbones("efficientnet-lite0", "resnet18", "minilm-l6")
def test_what_leaves_every_stage_is_joined_to_the_stated_widths_and_ends_with_the_pooled_features(backbone):
    values, mask = batch_for(backbone)
    widths = describe_backbone(backbone.row.id).stage_widths
    with torch.no_grad():
        joined = backbone.join(backbone.each_stage(values, mask), mask)
        assert joined.shape == (2, sum(widths))
        assert torch.equal(joined[:, -widths[-1] :], backbone(values, mask))
        second = backbone.run_stages(values, mask, stop=2)
        expected = mean_over_positions(second, mask)
    torch.testing.assert_close(joined[:, widths[0] : widths[0] + widths[1]], expected)
