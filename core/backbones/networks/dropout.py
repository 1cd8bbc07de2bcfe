"""Dropout and drop path that draw from a generator of their own: runs in other threads cannot change their numbers."""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn.modules.dropout import _DropoutNd


class GeneratorSlot:
    """Holds the one generator that all dropouts of a backbone draw from; put another in to reseed them together."""

    def __init__(self, seed: int = 0) -> None:
        self.generator = torch.Generator().manual_seed(seed)

    def __deepcopy__(self, memo: dict[int, object]) -> GeneratorSlot:
        copy = GeneratorSlot()
        copy.generator = torch.Generator(self.generator.device)
        copy.generator.set_state(self.generator.get_state())
        memo[id(self)] = copy
        return copy


class SeededDropout(nn.Module):
    """`nn.Dropout`, drawing from the slot's generator instead of torch's global one.

    Args:
        p: probability of setting a value to zero, in [0, 1).
        slot: where the generator is found at each call.
    """

    def __init__(self, p: float, slot: GeneratorSlot) -> None:
        super().__init__()
        self.p = p
        self.slot = slot

    def forward(self, values: Tensor) -> Tensor:
        """The same values in evaluation mode; in training mode a share `p` is zero and the rest grows by 1/(1-p)."""
        if not self.training or self.p == 0:
            return values
        generator, shape = self.slot.generator, self._drawn_shape(values)
        kept = torch.empty(shape, device=generator.device).bernoulli_(1 - self.p, generator=generator)
        return values * (kept / (1 - self.p)).to(device=values.device, dtype=values.dtype)

    def extra_repr(self) -> str:
        """Shown by `print`."""
        return f"p={self.p}"

    def _drawn_shape(self, values: Tensor) -> tuple[int, ...]:
        return tuple(values.shape)


class SeededDropPath(SeededDropout):
    """Stochastic depth (Huang et al. 2016): in training mode a share `p` of the samples is zero, the rest grows.

    Args:
        p: probability of leaving a sample's branch out, in [0, 1).
        slot: where the generator is found at each call.
    """

    def _drawn_shape(self, values: Tensor) -> tuple[int, ...]:
        return (len(values), *(1 for _ in values.shape[1:]))


def seed_dropouts(network: nn.Module, slot: GeneratorSlot) -> None:
    """Replaces every dropout and drop path inside `network`, in place, by one that draws from `slot`."""
    for name, child in network.named_children():
        if isinstance(child, _DropoutNd):
            setattr(network, name, SeededDropout(child.p, slot))
        elif (p := _drop_path_rate(child)) is not None:
            setattr(network, name, SeededDropPath(p, slot))
        else:
            seed_dropouts(child, slot)


def _drop_path_rate(module: nn.Module) -> float | None:
    """The rate of torchvision's or timm's drop path, by name, so that texts need not load either library."""
    if type(module).__name__ == "StochasticDepth" and module.mode == "row":
        return float(module.p)  # type: ignore[arg-type]
    if type(module).__name__ == "DropPath" and (module.scale_by_keep or module.drop_prob == 0):
        return float(module.drop_prob)  # type: ignore[arg-type]
    return None
