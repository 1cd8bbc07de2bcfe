"""Image networks as ordered stages: one small adapter per family, `build_` the library's network, then `cut_` it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any  # the libraries' networks have no types of their own

import timm
import torchvision
from torch import nn

from core.backbones.networks.parts import ChannelsFirst, TokenEmbedding
from core.backbones.networks.timm_chain import cut_chain, cut_chain_with_pooling
from core.backbones.records import BackboneRow
from core.backbones.staged import NamedStages

# The auxiliary heads of both networks serve their pretraining only. Both would turn images normalised with ImageNet's
# means into (x - 0.5) / 0.5 first; the rows ask for that normalisation at once, which is the same arithmetic.
_WITHOUT_EXTRAS = {"aux_logits": False, "init_weights": False, "transform_input": False}
_OPTIONS = {"googlenet": _WITHOUT_EXTRAS, "inception_v3": _WITHOUT_EXTRAS}


def build_image_network(row: BackboneRow) -> Any:
    """The library's own network with its source head, so that published weights fit it name by name."""
    if row.source == "torchvision":
        return torchvision.models.get_model(row.reference, weights=None, **library_options(row))
    return timm.create_model(row.reference, pretrained=False)


def library_options(row: BackboneRow) -> dict[str, bool]:
    """What the library's function that makes this network is told besides its name."""
    return _OPTIONS.get(row.reference, {})


def cut_image_network(row: BackboneRow, network: Any) -> NamedStages:
    """The network's stages in the order data passes them, sharing its tensors; the source head is left out.

    The network is used up: its source head may be gone afterwards.
    """
    return _ADAPTERS[row.family](network)


def width_of_image_network(network: Any) -> int:
    """Width of the pooled features: what the source head takes; to be asked before the network is cut."""
    if hasattr(network, "head_hidden_size"):  # timm's
        return int(network.head_hidden_size)
    return next(layer.in_features for layer in reversed(list(network.modules())) if isinstance(layer, nn.Linear))


def _cut_efficientnet(network: Any) -> NamedStages:
    blocks = [(f"blocks.{index}", block) for index, block in enumerate(network.blocks)]
    stem = nn.Sequential(network.conv_stem, network.bn1)
    return [("stem", stem), *blocks, ("conv_head", nn.Sequential(network.conv_head, network.bn2))]


def _cut_efficientnet_features(network: Any) -> NamedStages:
    """torchvision's EfficientNet, under the names of the other one's stages."""
    stem, *blocks, last = network.features
    return [("stem", stem), *((f"blocks.{index}", block) for index, block in enumerate(blocks)), ("conv_head", last)]


def _cut_resnet(network: Any) -> NamedStages:
    stem = nn.Sequential(network.conv1, network.bn1, network.relu, network.maxpool)
    return [("stem", stem), *((name, getattr(network, name)) for name in ("layer1", "layer2", "layer3", "layer4"))]


def _cut_vgg(network: Any) -> NamedStages:
    stages: NamedStages = []
    layers: list[nn.Module] = []
    for layer in network.features:
        layers.append(layer)
        if isinstance(layer, nn.MaxPool2d):
            stages.append((f"conv{len(stages) + 1}", nn.Sequential(*layers)))
            layers = []
    return [*stages, ("fc", nn.Sequential(network.avgpool, nn.Flatten(1), *network.classifier[:-1]))]


def _cut_densenet(network: Any) -> NamedStages:
    parts = network.features
    stem = nn.Sequential(parts.conv0, parts.norm0, parts.relu0, parts.pool0)
    blocks: NamedStages = [
        (f"block{number}", nn.Sequential(getattr(parts, f"denseblock{number}"), getattr(parts, f"transition{number}")))
        for number in (1, 2, 3)
    ]
    # the network applies this last ReLU in its forward method, outside any module
    last = nn.Sequential(parts.denseblock4, parts.norm5, nn.ReLU())
    return [("stem", stem), *blocks, ("block4", last)]


def _cut_mobilenetv3(network: Any) -> NamedStages:
    fully_connected = nn.Sequential(network.avgpool, nn.Flatten(1), *network.classifier[:-1])
    return [*_cut_mobilenetv2(network), ("fc", fully_connected)]


def _cut_mobilenetv2(network: Any) -> NamedStages:
    """One stage per resolution: a new one starts wherever a block halves height and width."""
    first, *blocks, last = network.features
    groups: list[list[nn.Module]] = [[first]]
    for block in blocks:
        if _halves_resolution(block):
            groups.append([])
        groups[-1].append(block)
    stages: NamedStages = [
        (f"blocks.{index}" if index else "stem", nn.Sequential(*group)) for index, group in enumerate(groups)
    ]
    return [*stages, ("conv_head", last)]


def _halves_resolution(block: nn.Module) -> bool:
    return any(isinstance(layer, nn.Conv2d) and layer.stride[0] == 2 for layer in block.modules())


def _cut_googlenet(network: Any) -> NamedStages:
    stem = ("conv1", "maxpool1", "conv2", "conv3", "maxpool2")
    blocks = ("3a", "3b maxpool3", "4a", "4b", "4c", "4d", "4e maxpool4", "5a", "5b")
    return [_join(network, "stem", stem), *(_inception_block(network, block) for block in blocks)]


def _inception_block(network: Any, block: str) -> tuple[str, nn.Module]:
    """A block such as "4a", and the pooling that follows some."""
    number, *pooling = block.split()
    return _join(network, f"inception{number}", (f"inception{number}", *pooling))


def _cut_inceptionv3(network: Any) -> NamedStages:
    convolutions = ("Conv2d_1a_3x3", "Conv2d_2a_3x3", "Conv2d_2b_3x3", "maxpool1", "Conv2d_3b_1x1", "Conv2d_4a_3x3")
    blocks = ("5b", "5c", "5d", "6a", "6b", "6c", "6d", "6e", "7a", "7b", "7c")
    stem = _join(network, "stem", (*convolutions, "maxpool2"))
    return [stem, *((f"mixed{block}", getattr(network, f"Mixed_{block}")) for block in blocks)]


def _join(network: Any, stage: str, layers: tuple[str, ...]) -> tuple[str, nn.Module]:
    return stage, nn.Sequential(*(getattr(network, name) for name in layers))


def _cut_regnet(network: Any) -> NamedStages:
    return [("stem", network.stem), *network.trunk_output.named_children()]


def _cut_convnext(network: Any) -> NamedStages:
    """Each halving of the resolution with the blocks behind it; the norm comes after pooling, as it was trained."""
    stem, *rest = network.features
    groups = [rest[:1], *(rest[index : index + 2] for index in range(1, len(rest), 2))]
    blocks = [(f"blocks.{index}", nn.Sequential(*group)) for index, group in enumerate(groups)]
    norm = nn.Sequential(network.avgpool, *network.classifier[:-1])
    return [("stem", stem), *blocks, ("norm", norm)]


def _cut_swin(network: Any) -> NamedStages:
    stem, *rest = network.features
    groups = [rest[:1], *(rest[index : index + 2] for index in range(1, len(rest), 2))]
    groups[-1].append(network.norm)
    blocks = [(f"blocks.{index}", ChannelsFirst(*group)) for index, group in enumerate(groups)]
    return [("embed", ChannelsFirst(stem, takes_image=True)), *blocks]


def _cut_vit(network: Any) -> NamedStages:
    *blocks, last = network.blocks
    return [
        ("embed", TokenEmbedding(network)),
        *((f"block.{index}", block) for index, block in enumerate(blocks)),
        (f"block.{len(blocks)}", nn.Sequential(last, network.norm)),
    ]


_ADAPTERS: dict[str, Callable[[Any], NamedStages]] = {
    "efficientnet": _cut_efficientnet,
    "efficientnet-features": _cut_efficientnet_features,
    "resnet": _cut_resnet,
    "vgg": _cut_vgg,
    "densenet": _cut_densenet,
    "mobilenetv3": _cut_mobilenetv3,
    "mobilenetv2": _cut_mobilenetv2,
    "googlenet": _cut_googlenet,
    "inceptionv3": _cut_inceptionv3,
    "regnet": _cut_regnet,
    "convnext": _cut_convnext,
    "swin": _cut_swin,
    "vit": _cut_vit,
    "chain": cut_chain,
    "chain-with-pooling": cut_chain_with_pooling,
}
