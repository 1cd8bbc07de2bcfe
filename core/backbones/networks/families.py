"""Row → network → stages, for either modality; loads only the libraries that the row needs."""

from __future__ import annotations

from typing import Any

import torch

from core.backbones.networks.hollow import HollowTensors
from core.backbones.records import BackboneRow
from core.backbones.staged import StagedBackbone


def build_network(row: BackboneRow) -> Any:
    """The library's own network, its parameters on torch's `meta` device: shapes without values.

    Nothing is drawn from a random generator, and VGG-16 takes no longer than MobileNet.
    """
    if row.modality == "text":
        from core.backbones.networks import text

        with torch.device("meta"):
            return text.build_text_network(row)
    from core.backbones.networks import image

    with HollowTensors():
        return image.build_image_network(row)


def stage_network(row: BackboneRow, network: Any) -> StagedBackbone:
    """The network's stages, sharing its tensors: those it has now, so give them values first."""
    if row.modality == "text":
        from core.backbones.networks import text

        stages, n_features = text.cut_text_network(row, network), text.width_of_text_network(network)
    else:
        from core.backbones.networks import image

        n_features = image.width_of_image_network(network)
        stages = image.cut_image_network(row, network)
    return StagedBackbone(row, stages, n_features)


def build_without_weights(row: BackboneRow) -> tuple[Any, StagedBackbone]:
    """The library's network and its stages on torch's `meta` device, for counting and comparing."""
    network = build_network(row).to("meta")
    return network, stage_network(row, network)


def source_head_names(row: BackboneRow) -> frozenset[str]:
    """Names of the tensors in the library's network that none of the stages uses: its source head."""
    network = build_network(row)
    names = {name: id(tensor) for name, tensor in network.state_dict(keep_vars=True).items()}
    backbone = stage_network(row, network)
    used = {id(tensor) for tensor in (*backbone.parameters(), *backbone.buffers())}
    return frozenset(name for name, tensor in names.items() if tensor not in used)
