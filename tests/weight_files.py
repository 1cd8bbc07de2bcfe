"""Files of weights as people bring them, made of networks that need no download."""

from collections.abc import Mapping
from pathlib import Path

import safetensors.torch
import torch

from core.backbones.catalogue import get_backbone
from core.backbones.loaders import load_weights
from core.backbones.networks.families import build_network
from core.backbones.weights import require_weights


def save_pretrained(file: Path, backbone_id: str = "efficientnet-lite0") -> Path:
    """The weights of a bundled row under the names of its library, as somebody who trained there would have them."""
    row = get_backbone(backbone_id)
    network = build_network(row)
    load_weights(row, network, require_weights(row))
    safetensors.torch.save_file({name: tensor.contiguous() for name, tensor in network.state_dict().items()}, file)
    return file


def save_random(file: Path, backbone_id: str) -> Path:
    """Weights that publish nothing but fit."""
    generator = torch.Generator().manual_seed(0)
    tensors = {
        name: torch.rand(shape, generator=generator) * 0.2 if is_real else torch.zeros(shape, dtype=torch.int64)
        for name, (shape, is_real) in shapes_of(backbone_id).items()
    }
    safetensors.torch.save_file(tensors, file)
    return file


def save_constant(file: Path, backbone_id: str, extra: Mapping[str, torch.Tensor] | None = None) -> Path:
    """A checkpoint of a few KB: every tensor repeats one stored number."""
    number, count = torch.full((), 0.01), torch.zeros((), dtype=torch.int64)
    tensors = {
        name: (number if is_real else count).expand(shape) for name, (shape, is_real) in shapes_of(backbone_id).items()
    }
    torch.save({"state_dict": tensors | dict(extra or {})}, file)
    return file


def shapes_of(backbone_id: str) -> dict[str, tuple[torch.Size, bool]]:
    """Shape of each tensor of a network, and whether it holds real numbers."""
    network = build_network(get_backbone(backbone_id))
    return {name: (tensor.shape, tensor.is_floating_point()) for name, tensor in network.state_dict().items()}
