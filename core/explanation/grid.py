"""Where the places of an image lie in what leaves a stage: every kind of activation as a map with channels first."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

import torch
from torch import Tensor

MAX_EXTRA_TOKENS = 8
"""Class and register tokens that may stand before those of the patches."""

MIN_SIDE = 2


@dataclass(frozen=True, slots=True, eq=False)
class SpatialActivation:
    """An activation with places.

    Attributes:
        map: shape (1, width, height, breadth).
        restore: such maps, any number of them, as the network has them.
    """

    map: Tensor
    restore: Callable[[Tensor], Tensor]


def as_map(activation: Tensor) -> SpatialActivation | None:
    """The activation of one image as a map; None where it has no places any more.

    Args:
        activation: a map with channels first or last; the tokens of a transformer (1, n_tokens, width), patches in
            rows behind its class token and registers; or what is pooled (1, width).
    """
    if activation.ndim == 3:
        return _from_tokens(activation)
    if activation.ndim != 4:
        return None
    if _is_channels_last(activation):
        return SpatialActivation(activation.permute(0, 3, 1, 2), lambda maps: maps.permute(0, 2, 3, 1))
    return SpatialActivation(activation, lambda maps: maps) if activation.shape[2] >= MIN_SIDE else None


def _is_channels_last(activation: Tensor) -> bool:
    """Images are square, so the two sides that agree are height and breadth."""
    _, first, second, third = activation.shape
    return first == second != third


def _from_tokens(tokens: Tensor) -> SpatialActivation | None:
    n_tokens = tokens.shape[1]
    side = math.isqrt(n_tokens)
    n_extra = n_tokens - side * side
    if side < MIN_SIDE or n_extra > MAX_EXTRA_TOKENS:
        return None
    extra, patches = tokens[:, :n_extra], tokens[:, n_extra:]

    def restore(maps: Tensor) -> Tensor:
        return torch.cat([extra.expand(len(maps), -1, -1), maps.flatten(2).transpose(1, 2)], dim=1)

    return SpatialActivation(patches.transpose(1, 2).unflatten(2, (side, side)), restore)
