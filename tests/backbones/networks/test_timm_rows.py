import pytest
import torch

from core.backbones.catalogue import get_backbone
from core.backbones.loaders import build_backbone
from core.backbones.measuring import describe_backbone
from core.backbones.networks.families import build_network
from core.backbones.weights import weights_status
from core.errors import ConfigurationError, MissingWeightsError, UnknownChoiceError


def test_a_name_of_timm_becomes_a_row_with_the_tag_of_its_weights():
    row = get_backbone("timm:resnet26d")
    assert row is get_backbone("timm:resnet26d.bt_in1k")
    assert (row.id, row.source, row.reference) == ("timm:resnet26d.bt_in1k", "timm", "resnet26d.bt_in1k")
    assert row.licence.startswith("apache-2.0")
    assert row.download_mb == 64
    assert not row.fixed_size
    assert describe_backbone(row.id).stage_names == ("conv1", "layer1", "layer2", "layer3", "layer4")


@pytest.mark.parametrize(
    ("name", "n_features", "is_fixed", "probe_friendly"),
    [
        ("resnet10t.c3_in1k", 512, False, False),  # a map, averaged
        ("mobilenetv3_small_050.lamb_in1k", 1024, False, False),  # layers behind the pooling
        ("vit_tiny_patch16_224.augreg_in21k", 192, True, True),  # a class token
        ("convnext_atto.d2_in1k", 320, False, False),  # a norm behind the pooling
    ],
)
def test_staged_features_are_those_of_the_library(name, n_features, is_fixed, probe_friendly):
    row = get_backbone(f"timm:{name}")
    assert (row.fixed_size, row.probe_friendly) == (is_fixed, probe_friendly)
    backbone = build_backbone(row.id, pretrained=False, seed=1)
    size_px = row.preprocessing.size_px if row.fixed_size else 96
    features = backbone(torch.randn(2, 3, size_px, size_px))
    assert features.shape == (2, n_features)
    assert backbone.n_features == n_features
    head = sum(p.numel() for p in build_network(row).get_classifier().parameters())
    whole = sum(p.numel() for p in build_network(row).parameters())
    assert sum(p.numel() for p in backbone.parameters()) == whole - head


def test_building_a_staged_network_of_timm_leaves_the_statistics_of_its_norms_alone():
    backbone = build_backbone("timm:resnet10t", pretrained=False)
    means = [value for name, value in backbone.named_buffers() if name.endswith("running_mean")]
    assert means
    assert not any(mean.any() for mean in means)


def test_a_network_with_several_tensors_between_its_parts_is_refused_with_the_reason_and_a_name_that_works():
    with pytest.raises(ConfigurationError, match="passes more than one tensor") as caught:
        get_backbone("timm:hrnet_w18_small")
    near = caught.value.remedy.split('"')[1]
    assert get_backbone(near).id == near


@pytest.mark.parametrize("name", ["resnet26x", "resnet26d.no_such_tag"])
def test_an_unknown_name_is_answered_with_the_nearest(name):
    with pytest.raises(UnknownChoiceError, match='Did you mean "resnet26'):
        get_backbone(f"timm:{name}")


def test_weights_are_found_in_the_folder_that_the_error_names(tmp_path, monkeypatch):
    monkeypatch.setenv("HEADSTART_WORKSPACE", str(tmp_path))
    assert weights_status("timm:resnet10t") == "download"
    with pytest.raises(MissingWeightsError, match=r"model\.safetensors of timm/resnet10t\.c3_in1k") as caught:
        build_backbone("timm:resnet10t", pretrained=True)
    folder = tmp_path / "weights" / "timm--resnet10t.c3_in1k"
    assert str(folder) in caught.value.remedy
    folder.mkdir(parents=True)
    _save_random_weights(get_backbone("timm:resnet10t"), folder / "model.safetensors")
    assert weights_status("timm:resnet10t") == "cached"
    backbone = build_backbone("timm:resnet10t", pretrained=True)
    assert float(next(backbone.parameters()).detach().mean()) == 0.5


def _save_random_weights(row, file):
    import safetensors.torch

    tensors = build_network(row).state_dict()
    safetensors.torch.save_file(
        {name: torch.full(tensor.shape, 0.5).to(tensor.dtype) for name, tensor in tensors.items()}, file
    )
