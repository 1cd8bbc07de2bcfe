"""The head a network was pretrained with gives, on pooled features, what the whole network gives."""

import dataclasses
import hashlib

import numpy as np
import pytest
import timm
import torch
import torchvision
from safetensors.torch import save_file

from core.backbones.catalogue import get_backbone
from core.backbones.hub import own_folder
from core.backbones.loaders import build_backbone, load_weights
from core.backbones.networks.families import build_network
from core.backbones.source_head import SourceHead, load_source_head, why_no_source_head
from core.backbones.weights import WEIGHTS_FILE, require_weights
from core.errors import ConfigurationError, MissingWeightsError


def test_the_bundled_network_classifies_as_its_publisher_made_it():
    row = get_backbone("efficientnet-lite0")
    whole = build_network(row)
    load_weights(row, whole, require_weights(row))
    backbone, head = build_backbone(row.id, pretrained=True), load_source_head(row.id)
    pixels = torch.from_numpy(np.random.default_rng(0).integers(0, 256, (2, 3, 64, 64), dtype=np.uint8))
    with torch.no_grad():
        expected = whole.eval()(backbone.normalise(pixels)).softmax(dim=1).numpy()
        features = backbone(pixels).numpy()
    np.testing.assert_allclose(head.probs(features), expected, atol=1e-5)


def test_concepts_have_the_names_of_imagenet():
    head = load_source_head("efficientnet-lite0")
    assert (head.concept_names[308], head.concept_names[309], head.concept_names[310]) == ("fly", "bee", "ant")
    assert len(head.concept_names) == len(head.bias) == len(head.weight) == 1_000
    published = torchvision.models.get_model_weights("resnet18").IMAGENET1K_V1.meta["categories"]
    alike = sum(ours.lower() == theirs.lower() for ours, theirs in zip(head.concept_names, published, strict=True))
    assert alike >= 990  # a few have another spelling there


def test_a_network_for_texts_has_no_source_head():
    assert load_source_head("minilm-l6") is None


def test_a_row_whose_weights_are_not_here_is_refused(monkeypatch, tmp_path):
    monkeypatch.setenv("TORCH_HOME", str(tmp_path))
    monkeypatch.setenv("HEADSTART_WORKSPACE", str(tmp_path / "workspace"))
    with pytest.raises(MissingWeightsError):
        load_source_head("resnet18")


def test_the_head_of_a_file_is_its_last_layer(monkeypatch, tmp_path):
    """A file under the name that torch's hub would give it, its hash included."""
    network = torchvision.models.resnet18(weights=None)
    torch.save(network.state_dict(), tmp_path / "weights.pth")
    name = f"resnet18-{hashlib.sha256((tmp_path / 'weights.pth').read_bytes()).hexdigest()[:8]}.pth"
    published = torchvision.models.get_model_weights("resnet18").IMAGENET1K_V1
    address = dataclasses.replace(published.value, url=f"https://localhost/{name}")
    monkeypatch.setattr(published, "_value_", address)
    monkeypatch.setenv("TORCH_HOME", str(tmp_path))
    (tmp_path / "hub/checkpoints").mkdir(parents=True)
    (tmp_path / "weights.pth").rename(tmp_path / "hub/checkpoints" / name)
    head = load_source_head("resnet18")
    np.testing.assert_array_equal(head.weight, network.fc.weight.detach().numpy())
    np.testing.assert_array_equal(head.bias, network.fc.bias.detach().numpy())


def test_probabilities_are_the_softmax_of_the_layer():
    weight, bias = np.array([[1.0, 0], [0, 1], [0, 0]], dtype=np.float32), np.array([0, 0, 1], dtype=np.float32)
    head = SourceHead(weight=weight, bias=bias, concept_names=("a", "b", "c"))
    logits = np.array([2.0, 1000.0, 1.0])
    np.testing.assert_allclose(
        head.probs(np.array([[2.0, 1000.0]], dtype=np.float32))[0],
        np.exp(logits - 1000) / np.exp(logits - 1000).sum(),
        atol=1e-12,
    )


@pytest.mark.parametrize("backbone_id", ["minilm-l6", "vit-s16"])
def test_where_there_is_no_head_a_sentence_says_why(backbone_id):
    assert why_no_source_head(backbone_id).endswith(".")
    assert load_source_head(backbone_id) is None


def test_the_bundled_network_has_a_head_and_no_reason_against_it():
    assert why_no_source_head("efficientnet-lite0") == ""


def test_a_network_that_averages_two_heads_is_refused_rather_than_asked_by_half(monkeypatch, tmp_path):
    """Of a distilled network, either head alone would answer something that the network never says."""
    monkeypatch.setenv("HEADSTART_WORKSPACE", str(tmp_path))
    row = get_backbone("timm:efficientformerv2_s0")
    folder = own_folder(row.id)
    folder.mkdir(parents=True)
    network = timm.create_model(row.reference)
    save_file({name: tensor.contiguous() for name, tensor in network.state_dict().items()}, folder / WEIGHTS_FILE)
    with pytest.raises(ConfigurationError, match="more than one linear layer"):
        load_source_head(row.id)
