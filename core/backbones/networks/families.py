"""Row → network → stages, for either modality; loads only the libraries that the row needs."""

from __future__ import annotations

import torch
from torch import nn

from core.backbones.records import BackboneRow
from core.backbones.staged import StagedBackbone


def build_without_weights(row: BackboneRow) -> tuple[nn.Module, StagedBackbone]:
    """The library's network and its stages, sharing all tensors, on torch's `meta` device: shapes without values.

    Nothing is drawn from a random generator, and VGG-16 takes no longer than MobileNet.
    """
    with torch.device("meta"):
        if row.modality == "text":
            from core.backbones.networks import text

            network = text.build_text_network(row)
            stages = text.cut_text_network(row, network)
            n_features = text.width_of_text_network(network)
        else:
            from core.backbones.networks import image

            network = image.build_image_network(row)
            stages = image.cut_image_network(row, network)
            n_features = image.width_of_image_network(network)
    return network, StagedBackbone(row, stages, n_features)
