"""Image networks as ordered stages: one small adapter per family, `build_` the library's network, then `cut_` it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any  # the libraries' networks have no types of their own

import timm
import torchvision
from torch import nn

from core.backbones.records import BackboneRow
from core.backbones.staged import NamedStages


def build_image_network(row: BackboneRow) -> Any:
    """The library's own network with its 1,000-class head, so that published weights fit it name by name."""
    if row.source == "torchvision":
        return torchvision.models.get_model(row.reference, weights=None)
    return timm.create_model(row.reference, pretrained=False)


def cut_image_network(row: BackboneRow, network: Any) -> NamedStages:
    """The network's stages in the order data passes them, sharing its tensors; the source head is left out."""
    return _ADAPTERS[row.family](network)


def width_of_image_network(network: nn.Module) -> int:
    """Width of the pooled features: what the source head, always the last linear layer, takes."""
    return next(layer.in_features for layer in reversed(list(network.modules())) if isinstance(layer, nn.Linear))


def _cut_efficientnet(network: Any) -> NamedStages:
    blocks = [(f"blocks.{index}", block) for index, block in enumerate(network.blocks)]
    stem = nn.Sequential(network.conv_stem, network.bn1)
    return [("stem", stem), *blocks, ("conv_head", nn.Sequential(network.conv_head, network.bn2))]


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
    fully_connected = nn.Sequential(network.avgpool, nn.Flatten(1), *network.classifier[:-1])
    return [*stages, ("conv_head", last), ("fc", fully_connected)]


def _halves_resolution(block: nn.Module) -> bool:
    return any(isinstance(layer, nn.Conv2d) and layer.stride[0] == 2 for layer in block.modules())


_ADAPTERS: dict[str, Callable[[Any], NamedStages]] = {
    "efficientnet": _cut_efficientnet,
    "resnet": _cut_resnet,
    "vgg": _cut_vgg,
    "densenet": _cut_densenet,
    "mobilenetv3": _cut_mobilenetv3,
}
