from pathlib import Path

import pytest
import safetensors.torch
import torch
import torchvision

from core.backbones.catalogue import backbone_title, get_backbone
from core.backbones.loaders import build_backbone
from core.backbones.measuring import describe_backbone
from core.backbones.own_rows import list_own_weights
from core.backbones.own_weights import add_own_weights, match_rows, match_weights, read_weights_file
from core.backbones.weights import weights_status
from core.errors import ConfigurationError, MissingWeightsError, UnknownChoiceError

IMAGES = torch.randn(2, 3, 64, 64, generator=torch.Generator().manual_seed(0))


@pytest.fixture(autouse=True)
def workspace(tmp_path, monkeypatch):
    monkeypatch.setenv("HEADSTART_WORKSPACE", str(tmp_path / "workspace"))
    return tmp_path / "workspace"


@pytest.fixture(scope="module")
def network():
    return torchvision.models.resnet18(weights=None).eval()


@pytest.fixture
def tensors(network):
    return dict(network.state_dict())


def save(tensors, folder, name="weights.safetensors"):
    file = folder / name
    if file.suffix == ".safetensors":
        safetensors.torch.save_file(tensors, file)
    else:
        torch.save(tensors, file)
    return file


def features(network):
    network = torch.nn.Sequential(*list(network.children())[:-1], torch.nn.Flatten())
    with torch.no_grad():
        return network(IMAGES)


def test_a_file_becomes_a_backbone_with_its_weights_and_the_same_file_the_same_id(tmp_path, tensors, network):
    file = save(tensors, tmp_path)
    own = add_own_weights(file, file_name="pets *best*.safetensors", backbone_id="resnet18")
    assert own == add_own_weights(file, file_name="pets *best*.safetensors", backbone_id="resnet18")
    assert list_own_weights() == (own,)
    file.unlink()
    row = get_backbone(own.id)
    assert (row.id, row.base, row.title) == (own.id, "resnet18", "ResNet-18 from pets *best*.safetensors")
    assert backbone_title(own.id) == row.title
    assert weights_status(own.id) == "cached"
    assert describe_backbone(own.id).n_parameters == describe_backbone("resnet18").n_parameters
    with torch.no_grad():
        torch.testing.assert_close(build_backbone(own.id, pretrained=True)(IMAGES), features(network))


@pytest.mark.parametrize(
    "wrap",
    [
        lambda tensors: {f"module.{name}": tensor for name, tensor in tensors.items()},
        lambda tensors: {"epoch": 3, "state_dict": {f"model.backbone.{name}": one for name, one in tensors.items()}},
        lambda tensors: {"model": tensors, "optimizer": {"state": {}, "param_groups": [{"lr": 0.1}]}},
        lambda tensors: {name: one for name, one in tensors.items() if not name.startswith("fc.")},
        lambda tensors: {**tensors, "fc.weight": torch.zeros(7, 512), "fc.bias": torch.zeros(7)},
        lambda tensors: {name: one for name, one in tensors.items() if not name.endswith("num_batches_tracked")},
        lambda tensors: {name: one.half() if one.is_floating_point() else one for name, one in tensors.items()},
    ],
    ids=["DataParallel", "Lightning", "checkpoint", "no head", "another head", "no counters", "half precision"],
)
def test_what_training_programs_write_fits(wrap, tmp_path, tensors, network):
    file = save(wrap(tensors), tmp_path, "checkpoint.pth")
    own = add_own_weights(file, file_name="checkpoint.pth", backbone_id="resnet18")
    with torch.no_grad():
        found = build_backbone(own.id, pretrained=True)(IMAGES)
    torch.testing.assert_close(found, features(network), rtol=0.02, atol=0.02)


def test_names_of_old_densenets_fit():
    tensors = torchvision.models.densenet121(weights=None).state_dict()
    old = {name.replace(".norm1", ".norm.1").replace(".conv2", ".conv.2"): one for name, one in tensors.items()}
    assert match_weights(old, "densenet121").is_complete


def test_the_report_names_what_is_missing_misshapen_and_unknown(tensors):
    del tensors["layer1.0.conv1.weight"]
    tensors["layer2.0.conv1.weight"] = torch.zeros(1, 2)
    tensors["extra.weight"] = torch.zeros(3)
    fit = match_weights(tensors, "resnet18")
    assert fit.missing == ("layer1.0.conv1.weight",)
    assert fit.wrong_shape == ("layer2.0.conv1.weight: 1 x 2 for 128 x 64 x 3 x 3",)
    assert "extra.weight" in fit.unexpected
    assert fit.n_fitted == fit.n_needed - 2
    assert not fit.is_complete


def test_a_file_for_another_network_is_refused_with_what_did_not_fit(tmp_path, tensors, workspace):
    with pytest.raises(ConfigurationError, match=r"\d+ of \d+ fit ResNet-50\. \d+ are missing, \d+ have another"):
        add_own_weights(save(tensors, tmp_path), file_name="x", backbone_id="resnet50")
    assert not [path for path in workspace.rglob("*") if path.is_file()]


def test_the_row_is_found_from_the_file_alone(tensors):
    best, *_ = match_rows(tensors)
    assert best.base == "resnet18"
    assert best.is_complete


def test_texts_fit_with_the_prefix_and_the_heads_of_a_language_model(tmp_path):
    from core.backbones.networks.families import build_network

    network = build_network(get_backbone("minilm-l6"))
    tensors = {f"bert.{name}": torch.rand(one.shape) for name, one in network.state_dict().items()}
    tensors["cls.predictions.bias"] = torch.zeros(3)
    own = add_own_weights(save(tensors, tmp_path), file_name="mine", backbone_id="minilm-l6")
    assert own.n_left_out == 1
    assert weights_status(own.id) == "cached"
    backbone = build_backbone(own.id, pretrained=True)
    expected = tensors["bert.encoder.layer.2.output.LayerNorm.weight"]
    assert torch.equal(backbone.stage("layer.2").layer.output.LayerNorm.weight, expected)
    from core.backbones.tokenizers import tokenize

    assert len(tokenize(own.id, ["hello"]).ids) == 3


def test_a_pickle_that_would_run_code_is_refused_and_does_not_run(tmp_path):
    class Attack:
        def __reduce__(self):
            return (Path.touch, (tmp_path / "ran",))

    file = tmp_path / "weights.safetensors"  # its name decides nothing
    torch.save({"conv1.weight": Attack()}, file)
    with pytest.raises(ConfigurationError, match="nothing but tensors"):
        read_weights_file(file)
    assert not (tmp_path / "ran").exists()


@pytest.mark.parametrize("content", [b"", b"<html>", b"PK\x03\x04 broken", b"\x80\x02 broken", b"\xff" * 40])
def test_a_file_that_is_none_of_weights_is_refused(content, tmp_path):
    file = tmp_path / "weights.pth"
    file.write_bytes(content)
    with pytest.raises(ConfigurationError):
        read_weights_file(file)


@pytest.mark.parametrize("found", [{"epoch": 3}, torch.zeros(3), [torch.zeros(3)]])
def test_a_file_without_named_tensors_is_refused(found, tmp_path):
    with pytest.raises(ConfigurationError, match="no named tensors"):
        read_weights_file(save(found, tmp_path, "weights.pth"))


def test_weights_of_a_training_that_diverged_are_refused(tmp_path, tensors, workspace):
    tensors["conv1.weight"] = torch.full_like(tensors["conv1.weight"], float("nan"))
    with pytest.raises(ConfigurationError, match="finite"):
        add_own_weights(save(tensors, tmp_path), file_name="x", backbone_id="resnet18")
    assert list_own_weights() == ()
    assert not [path for path in workspace.rglob("*") if path.is_file()]


@pytest.mark.parametrize("own_id", ["own:00000000", "own:../../etc", "own:", "own:0000000Z"])
def test_an_id_that_was_never_given_is_refused(own_id):
    with pytest.raises(UnknownChoiceError, match="file of your own"):
        get_backbone(own_id)
    assert backbone_title(own_id) == own_id


def test_lost_weights_ask_for_the_file_again(tmp_path, tensors, workspace):
    own = add_own_weights(save(tensors, tmp_path), file_name="x", backbone_id="resnet18")
    (workspace / "weights" / own.id.replace(":", "--") / "model.safetensors").unlink()
    with pytest.raises(MissingWeightsError, match="Hand the file over again"):
        build_backbone(own.id, pretrained=True)
