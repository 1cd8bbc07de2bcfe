"""Builds a backbone from its row: pretrained, or with random weights from a seed."""

from __future__ import annotations

import pickle
import re
from pathlib import Path

import safetensors.torch
import torch
from torch import Tensor, nn

from core.backbones.catalogue import get_backbone
from core.backbones.networks.families import build_without_weights
from core.backbones.networks.initialisation import initialise_weights
from core.backbones.records import BackboneRow
from core.backbones.staged import StagedBackbone
from core.backbones.weights import missing_weights, require_hash, require_weights


def build_backbone(
    backbone_id: str, *, pretrained: bool, seed: int = 0, allow_download: bool = False
) -> StagedBackbone:
    """A backbone in float32 on the CPU, in evaluation mode, nothing frozen.

    torch's global generator is neither read nor advanced, so other threads may use it meanwhile.

    Args:
        backbone_id: id of a catalogue row.
        pretrained: load the published weights; otherwise draw random ones from `seed`.
        seed: decides the random weights and where the generator that dropouts draw from starts.
        allow_download: fetch missing weights; true only where a person asked for this row by name.

    Raises:
        UnknownChoiceError: no row has this id.
        MissingWeightsError: the weights are not on this machine, could not be fetched, or do not fit.
    """
    row = get_backbone(backbone_id)
    network, backbone = build_without_weights(row)
    backbone.generator = torch.Generator().manual_seed(seed)
    if pretrained:
        load_weights(row, network, require_weights(row, allow_download=allow_download))
    else:
        backbone.to_empty(device="cpu")
        initialise_weights(backbone, backbone.generator, linear_std=0.02 if row.modality == "text" else 0.01)
    return backbone.eval()


def load_weights(row: BackboneRow, network: nn.Module, file: Path) -> None:
    """Puts the tensors of `file` in the place of the network's own; each of these must be given.

    Args:
        row: whose weights.
        network: the library's own network, as `build_without_weights` returns it.
        file: safetensors, or a file of `torch.save` that holds nothing but tensors.

    Raises:
        MissingWeightsError: the file is damaged, holds more than tensors, or does not fit the network.
    """
    try:
        if row.source == "torchvision":
            require_hash(file, file.name)
        tensors = {name: _in_float32(tensor) for name, tensor in _read_tensors(file).items()}
        network.load_state_dict(_renamed(row, network, tensors), assign=True)
    except (OSError, EOFError, ValueError, RuntimeError, pickle.UnpicklingError, safetensors.SafetensorError) as error:
        first_line = next(iter(str(error).splitlines()), type(error).__name__)
        raise missing_weights(row, f"the file {file} is damaged or not theirs ({first_line[:200]})") from error


def _read_tensors(file: Path) -> dict[str, Tensor]:
    if file.suffix == ".safetensors":
        return dict(safetensors.torch.load_file(file))
    tensors = torch.load(file, map_location="cpu", weights_only=True)  # weights_only: no pickled code runs
    if not isinstance(tensors, dict) or not all(isinstance(tensor, Tensor) for tensor in tensors.values()):
        raise ValueError("it holds something else than named tensors")
    return tensors


def _in_float32(tensor: Tensor) -> Tensor:
    return tensor.float() if tensor.is_floating_point() else tensor


def _renamed(row: BackboneRow, network: nn.Module, tensors: dict[str, Tensor]) -> dict[str, Tensor]:
    """The tensors under the names that the network gives them."""
    if row.id == "efficientnet-lite0":  # its file uses other names throughout, in the same order
        return dict(zip(network.state_dict(), tensors.values(), strict=True))
    if row.family == "densenet":  # published when module names could hold dots: "denselayer1.norm.1" is "….norm1"
        return {re.sub(r"(denselayer\d+\.(?:norm|relu|conv))\.(\d)", r"\1\2", name): t for name, t in tensors.items()}
    if row.modality == "text":
        wanted = network.state_dict().keys()  # files of language models hold heads as well
        renamed = {_text_name(name): tensor for name, tensor in tensors.items()}
        return {name: tensor for name, tensor in renamed.items() if name in wanted}
    return tensors


def _text_name(name: str) -> str:
    """Without the model's own prefix, and with the names LayerNorm has had since 2019."""
    name = re.sub(r"^(bert|roberta|distilbert)\.", "", name)
    return re.sub(r"LayerNorm\.(gamma|beta)$", lambda found: _LAYER_NORM[found[0]], name)


_LAYER_NORM = {"LayerNorm.gamma": "LayerNorm.weight", "LayerNorm.beta": "LayerNorm.bias"}
