"""Which tensors of a stage train where not all of them do."""

import pytest
from torch import nn

from core.backbones.catalogue import get_backbone
from core.backbones.measuring import describe_backbone
from core.backbones.networks.families import build_without_weights
from core.backbones.tensor_choice import count_trained, moving_tensors


def test_of_a_convolution_with_its_normalisation_only_scale_and_shift_train():
    stage = nn.Sequential(nn.Conv2d(3, 4, 1, bias=False), nn.BatchNorm2d(4), nn.Linear(4, 2))
    assert moving_tensors(stage, "norms-and-biases") == {"1.weight", "1.bias", "2.bias"}
    assert count_trained(stage, "norms-and-biases") == 4 + 4 + 2
    assert moving_tensors(stage, "all") >= {"0.weight", "1.running_mean", "2.weight"}
    assert count_trained(stage, "all") == 12 + 8 + 10


@pytest.mark.parametrize(
    "backbone_id", ["efficientnet-lite0", "convnext-tiny", "vit-s16", "swin-t", "deberta-v3-small"]
)
def test_of_real_networks_every_norm_and_bias_trains_and_no_matrix_or_filter(backbone_id):
    _, backbone = build_without_weights(get_backbone(backbone_id))
    for name in backbone.stage_names:
        stage = backbone.stage(name)
        moving, parameters = moving_tensors(stage, "norms-and-biases"), dict(stage.named_parameters())
        assert moving
        assert all(parameters[one].ndim == 1 for one in moving)
        assert {one for one in parameters if one.endswith(".bias") or "norm" in one.lower()} <= moving
    assert not any("table" in one for one in moving)


def test_a_stage_may_have_neither():
    counts = {stage.name: stage.n_trained("norms-and-biases") for stage in describe_backbone("gpt2").stages}
    assert counts["embeddings"] == 0
    assert counts["layer.0"] == 4 * 768 + 3 * 768 + 768 + 4 * 768 + 768


def test_a_small_part_of_a_network_is_norms_and_biases():
    info = describe_backbone("minilm-l6")
    assert 0 < sum(stage.n_trained("norms-and-biases") for stage in info.stages) < info.n_parameters / 500
    assert sum(stage.n_trained("all") for stage in info.stages) == info.n_parameters
