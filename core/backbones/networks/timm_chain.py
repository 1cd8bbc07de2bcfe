"""Any network of timm whose parts run one after the other: what runs is observed, not assumed."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import torch
from timm.models.vision_transformer import VisionTransformer
from torch import Tensor, nn

from core.backbones.networks.parts import OwnPooling, TokenEmbedding
from core.backbones.staged import NamedStages

_CONTAINERS = ("blocks", "stages", "layers", "features")
"""What timm calls a child that holds nearly the whole network; its own children make better stages."""

_PARTS_OF_AN_EMBEDDING = {"pos_drop", "patch_drop", "norm_pre"}

_Unit = tuple[str, nn.Module]


class NotAChainError(Exception):
    """The network's parts pass more than one tensor, or something happens between them; the message says where."""


def cut_chain(network: Any) -> NamedStages:
    """Stages of a network whose last map is averaged, or whose class token is taken.

    Raises:
        NotAChainError: the parts are no chain.
    """
    return list(_stages(network))


def cut_chain_with_pooling(network: Any) -> NamedStages:
    """Stages of a network that pools in a way of its own, which becomes a stage or belongs to the last.

    Raises:
        NotAChainError: the parts are no chain.
    """
    stages = list(_stages(network))
    features = {name.split(".")[0] for name, _ in _units(network)}
    network.reset_classifier(0)
    pooling = OwnPooling(network, features | _PARTS_OF_AN_EMBEDDING)
    if next(pooling.parameters(), None) is not None:
        return [*stages, ("head", pooling)]
    *others, (name, last) = stages
    return [*others, (name, nn.Sequential(last, pooling))]


def _stages(network: Any) -> Iterator[_Unit]:
    """A new stage starts with every unit that has a matrix; norms, activations and pooling belong to the one before."""
    names: list[str] = []
    layers: list[nn.Module] = []
    for name, module in _units(network):
        if _has_matrix(module) and any(_has_matrix(layer) for layer in layers):
            yield names[0], _as_one(layers)
            names, layers = [], []
        names.append(name)
        layers.append(module)
    if not any(_has_matrix(layer) for layer in layers):
        raise NotAChainError("none of its parts holds weights")
    yield names[0], _as_one(layers)


def _has_matrix(module: nn.Module) -> bool:
    return any(parameter.ndim > 1 for parameter in module.parameters())


def _as_one(layers: list[nn.Module]) -> nn.Module:
    return layers[0] if len(layers) == 1 else nn.Sequential(*layers)


def _units(network: Any) -> list[_Unit]:
    """The parts that `forward_features` runs, in order, each on what the one before gave."""
    if type(network).forward_features is VisionTransformer.forward_features:
        blocks = [(f"blocks.{index}", block) for index, block in enumerate(network.blocks)]
        return [("patch_embed", TokenEmbedding(network)), *blocks, ("norm", network.norm)]
    calls = _observe(network)
    previous = calls[0][1]
    units = []
    for unit, taken, given in calls:
        if taken is not previous:
            raise NotAChainError(f'what reaches its part "{unit[0]}" is not what the part before gave')
        previous = given
        units.append(unit)
    return units


def _observe(network: Any) -> list[tuple[_Unit, object, object]]:
    """Each call of a part during one pass: the part, what it took, what it gave."""
    calls: list[tuple[_Unit, object, object]] = []

    def note(unit: _Unit, values: tuple[object, ...], given: object) -> None:
        if len(values) != 1 or not isinstance(given, Tensor):
            raise NotAChainError(f'its part "{unit[0]}" passes more than one tensor')
        calls.append((unit, values[0], given))

    hooks = [_hook(unit, note) for unit in _candidates(network)]
    size_px = network.pretrained_cfg["input_size"][-1]
    device = next(network.parameters()).device
    network.eval()  # in training mode the pass would change statistics
    try:
        with torch.no_grad():
            whole = network.forward_features(image := torch.zeros(1, 3, size_px, size_px, device=device))
    finally:
        for hook in hooks:
            hook.remove()
    if not calls or calls[0][1] is not image or calls[-1][2] is not whole:
        raise NotAChainError("something happens before its first part or after its last")
    if len({id(unit[1]) for unit, _, _ in calls}) != len(calls):
        raise NotAChainError("one of its parts runs more than once")
    return calls


def _candidates(network: nn.Module) -> Iterator[_Unit]:
    for name, child in network.named_children():
        if name in _CONTAINERS and isinstance(child, nn.Sequential | nn.ModuleList):
            yield from ((f"{name}.{key}", inner) for key, inner in child.named_children())
        else:
            yield name, child


def _hook(unit: _Unit, note: Any) -> Any:
    def noted(_: nn.Module, values: tuple[object, ...], keywords: dict[str, object], given: object) -> None:
        note(unit, (*values, *keywords.values()), given)

    return unit[1].register_forward_hook(noted, with_kwargs=True)
