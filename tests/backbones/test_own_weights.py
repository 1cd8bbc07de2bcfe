import pytest
import safetensors.torch
import torch
import torchvision

from core.backbones.catalogue import backbone_title, get_backbone
from core.backbones.loaders import build_backbone
from core.backbones.measuring import describe_backbone
from core.backbones.own_rows import list_own_weights, remove_own_weights
from core.backbones.own_weights import add_own_weights, match_rows, match_weights
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


def test_a_deep_network_is_not_taken_for_its_shallow_sister_whose_tensors_it_holds_too():
    deep = dict(torchvision.models.resnet34(weights=None).state_dict())
    best, second, *_ = match_rows(deep, "image")
    assert (best.base, best.unexpected) == ("resnet34", ())
    assert (second.base, second.is_complete) == ("resnet18", True)
    assert len(second.unexpected) > 50


def test_a_file_is_also_compared_with_a_network_that_a_person_named():
    from core.backbones.networks.families import build_network

    row = get_backbone("timm:test_resnet.r160_in1k")
    tensors = {name: torch.zeros(one.shape, dtype=one.dtype) for name, one in build_network(row).state_dict().items()}
    best, *_ = match_rows(tensors, "image", also=(row.id,))
    assert (best.base, best.is_complete, best.unexpected) == (row.id, True, ())


def test_numbers_too_narrow_to_mean_something_alone_do_not_fit(tensors):
    tensors["conv1.weight"] = tensors["conv1.weight"].to(torch.float8_e4m3fn)
    (wrong,) = match_weights(tensors, "resnet18").wrong_shape
    assert wrong == "conv1.weight: 64 x 3 x 7 x 7 of torch.float8_e4m3fn for 64 x 3 x 7 x 7"


def test_a_name_with_endless_prefixes_is_given_up(tensors):
    tensors["net." * 100_000 + "conv1.weight"] = torch.zeros(1)
    assert match_weights(tensors, "resnet18").is_complete


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


def test_the_name_of_a_file_is_only_shown_and_never_a_path(tmp_path, tensors, workspace):
    own = add_own_weights(save(tensors, tmp_path), file_name="../../x\x1b[31m\u202e\n.pth", backbone_id="resnet18")
    assert own.file_name == "../../x[31m.pth"
    files = [path for path in tmp_path.rglob("*") if path.is_file() and path.name != "weights.safetensors"]
    assert {path.parent for path in files} == {workspace / "weights" / own.id.replace(":", "--")}


def test_what_is_removed_is_gone_whole_and_can_be_taken_in_again(tmp_path, tensors, workspace):
    file = save(tensors, tmp_path)
    own = add_own_weights(file, file_name="x", backbone_id="resnet18")
    remove_own_weights(own.id)
    assert list_own_weights() == ()
    assert list((workspace / "weights").iterdir()) == []
    with pytest.raises(UnknownChoiceError):
        remove_own_weights(own.id)
    assert add_own_weights(file, file_name="x", backbone_id="resnet18") == own


@pytest.mark.parametrize("own_id", ["own:../resnet18", "resnet18", "own:", "hf:a/b"])
def test_nothing_but_files_of_ones_own_is_removed(own_id, workspace):
    (workspace / "weights" / "resnet18").mkdir(parents=True)
    with pytest.raises(UnknownChoiceError):
        remove_own_weights(own_id)
    assert (workspace / "weights" / "resnet18").is_dir()


def test_a_folder_without_its_weights_or_under_another_name_is_not_listed(tmp_path, tensors, workspace):
    own = add_own_weights(save(tensors, tmp_path), file_name="x", backbone_id="resnet18")
    folder = workspace / "weights" / own.id.replace(":", "--")
    folder.rename(folder.with_name("own--00000000"))
    assert list_own_weights() == ()
    folder.with_name("own--00000000").rename(folder)
    assert list_own_weights() == (own,)
    (folder / "model.safetensors").unlink()
    assert list_own_weights() == ()
    assert backbone_title(own.id) == "ResNet-18 from x"
