"""Stages made of a library network's own code: exact by construction, with no more tensors than they use."""

from __future__ import annotations

import copy
from collections.abc import Collection
from typing import Any

from torch import Tensor, nn


def keep_parts(network: nn.Module, children: Collection[str], *, with_parameters: bool) -> Any:
    """A copy of `network` that shares its tensors and has only these of its children.

    Args:
        network: left as it is.
        children: names of the direct children to keep.
        with_parameters: keep the parameters and buffers that belong to no child as well.
    """
    part = copy.copy(network)
    part._modules = {name: child for name, child in network._modules.items() if name in children}
    part._parameters = dict(network._parameters) if with_parameters else {}
    part._buffers = dict(network._buffers) if with_parameters else {}
    return part


class TokenEmbedding(nn.Module):
    """Images → tokens (n, n_tokens, width): all that a vision transformer does before its first block."""

    def __init__(self, network: nn.Module) -> None:
        super().__init__()
        names = [name for name in network._modules if name not in ("blocks", "norm", "fc_norm", "head_drop", "head")]
        self.network = keep_parts(network, names, with_parameters=True)
        self.network.attn_pool = None
        self.network.blocks = nn.Sequential()
        self.network.norm = nn.Identity()

    def forward(self, values: Tensor) -> Tensor:
        """The network's own method, which passes through no block and no final norm here."""
        return self.network.forward_features(values)  # type: ignore[no-any-return]


class OwnPooling(nn.Module):
    """What leaves the last block → (n, width), by the network's own pooling and what stands behind it.

    Args:
        network: of timm, its classifier already removed.
        features: names of the children that ran before.
    """

    def __init__(self, network: nn.Module, features: Collection[str]) -> None:
        super().__init__()
        names = [name for name in network._modules if name not in features]
        self.network = keep_parts(network, names, with_parameters=False)
        self.network.drop_rate = 0.0  # where dropout is a function call, it draws from the generator all threads share

    def forward(self, values: Tensor) -> Tensor:
        """The pooled features."""
        return self.network.forward_head(values)  # type: ignore[no-any-return]


class ChannelsFirst(nn.Module):
    """Lets stages that keep channels last inside hand over (n, channels, height, width), as all others do."""

    def __init__(self, *layers: nn.Module, takes_image: bool = False) -> None:
        super().__init__()
        self.layers = nn.Sequential(*layers)
        self.takes_image = takes_image

    def forward(self, values: Tensor) -> Tensor:
        """The layers, between two turns of the axes; pixels are channels first already."""
        turned = values if self.takes_image else values.permute(0, 2, 3, 1)
        return self.layers(turned).permute(0, 3, 1, 2)  # type: ignore[no-any-return]
