"""Builds a backbone from its row: pretrained, or with random weights from a seed."""

from __future__ import annotations

import pickle
import re
from pathlib import Path

import safetensors.torch
import torch
from torch import Tensor, nn

from core.backbones.catalogue import get_backbone
from core.backbones.networks.families import build_network, source_head_names, stage_network
from core.backbones.networks.hollow import give_memory, restore_constants
from core.backbones.networks.initialisation import initialise_weights
from core.backbones.networks.text_names import rename_text_tensors
from core.backbones.records import BackboneRow
from core.backbones.staged import StagedBackbone
from core.backbones.weights import missing_weights, require_hash, require_weights
from core.datasets.records import Modality

_LINEAR_STD: dict[Modality, float] = {"image": 0.01, "text": 0.02}


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
    network = build_network(row)
    if pretrained:
        load_weights(row, network, require_weights(row, allow_download=allow_download))
    else:
        give_memory(network)
    restore_constants(network)
    backbone = stage_network(row, network)
    backbone.generator = torch.Generator().manual_seed(seed)
    if not pretrained:
        initialise_weights(backbone, backbone.generator, linear_std=_LINEAR_STD[row.modality])
    return backbone.eval()


def load_weights(row: BackboneRow, network: nn.Module, file: Path) -> None:
    """Puts the tensors of `file` in the place of the network's own; each of these must be given.

    Args:
        row: whose weights.
        network: the library's own network, as `build_network` returns it.
        file: safetensors, or a file of `torch.save` that holds nothing but tensors.

    Raises:
        MissingWeightsError: the file is damaged, holds more than tensors, or does not fit the network.
    """
    try:
        if row.source == "torchvision" and row.base is None:
            require_hash(file, file.name)
        tensors = {name: _in_float32(tensor) for name, tensor in _read_tensors(file).items()}
        found = network.load_state_dict(_renamed(row, network, tensors), strict=row.base is None, assign=True)
        if lacking := set(found.missing_keys) - (source_head_names(row) if row.base else set()):
            raise ValueError(f"it lacks {min(lacking)}")
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
    if row.base is not None:  # renamed when they were taken in
        return tensors
    if row.id == "efficientnet-lite0":  # its file uses other names throughout, in the same order
        return dict(zip(network.state_dict(), tensors.values(), strict=True))
    if row.reference in ("googlenet", "inception_v3"):  # their files hold the auxiliary heads
        return {name: tensor for name, tensor in tensors.items() if not name.lower().startswith("aux")}
    return rename_published(row, network, tensors)


def rename_published(row: BackboneRow, network: nn.Module, tensors: dict[str, Tensor]) -> dict[str, Tensor]:
    """The tensors under their present names, where those of a family have changed since they were published."""
    if row.family == "densenet":  # published when module names could hold dots: "denselayer1.norm.1" is "….norm1"
        return {re.sub(r"(denselayer\d+\.(?:norm|relu|conv))\.(\d)", r"\1\2", name): t for name, t in tensors.items()}
    return rename_text_tensors(network, tensors) if row.modality == "text" else tensors
