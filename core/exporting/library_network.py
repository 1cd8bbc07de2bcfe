"""The library's own network with the tensors of a trained backbone, under the library's names."""

from __future__ import annotations

from typing import Any

from torch import Tensor

from core.backbones.networks.families import build_network, stage_network
from core.backbones.networks.hollow import give_memory
from core.backbones.staged import StagedBackbone


def library_network(backbone: StagedBackbone) -> Any:
    """A network for texts as transformers builds it, without a head; its tensors are copies."""
    network = build_network(backbone.row)
    give_memory(network)
    stage_network(backbone.row, network).load_state_dict(backbone.state_dict())
    return network


def library_tensors(backbone: StagedBackbone) -> dict[str, Tensor]:
    """The tensors of the stages by the names that they have in the library's network; not copied.

    Names are told before the network is cut, because cutting may take its source head off.
    """
    network = build_network(backbone.row)
    names = {id(tensor): name for name, tensor in network.state_dict(keep_vars=True).items()}
    stages = stage_network(backbone.row, network).state_dict(keep_vars=True)
    own = backbone.state_dict()
    return {names[id(tensor)]: own[name] for name, tensor in stages.items() if id(tensor) in names}
