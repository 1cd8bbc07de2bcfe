"""Low-rank adapters beside the projections of trainable stages (LoRA, Hu et al. 2022), by the package `peft`."""

from __future__ import annotations

import warnings
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor, nn

from core.backbones.networks.hollow import HollowTensors
from core.backbones.projections import find_projections
from core.backbones.staged import StagedBackbone
from core.backbones.tensor_choice import LORA_RANK

LORA_SCALE = 2.0
"""What an adapter says counts so many times; twice is what its authors and most after them use at this rank."""

START_STREAM = 2_000_003
"""Keeps the seeds of adapters apart from those of shuffling and dropout."""

_NAME = "adapter"


class Adapters:
    """Adapters that stand beside the projections to queries and values until they are taken out again.

    The weights beside which they stand do not change; `merged` tells what these would be with all that was learned,
    so that whoever keeps or predicts with the result needs neither adapters nor `peft`.

    Args:
        backbone: its stages are changed in place; their other parameters need no gradient afterwards.
        stages: names of the stages that get adapters; those without projections are left alone.
        seed: decides how the adapters start. At first they say nothing: the network gives what it gave before.
    """

    def __init__(self, backbone: StagedBackbone, stages: Sequence[str], *, seed: int) -> None:
        generator = torch.Generator().manual_seed(seed + START_STREAM)
        self._placed = [placed for stage in stages for placed in _insert(stage, backbone.stage(stage))]
        for placed in self._placed:
            placed.start(generator)

    def tensors(self) -> dict[str, Tensor]:
        """The adapters' own tensors, by stable names; not copied."""
        return {f"{placed.key}.{part}": weight for placed in self._placed for part, weight in placed.parts()}

    def load(self, tensors: dict[str, Tensor]) -> None:
        """Copy in what `tensors` gave; raises KeyError for a name that no adapter has."""
        own = self.tensors()
        with torch.no_grad():
            for name, tensor in tensors.items():
                own[name].copy_(tensor)

    def merged(self) -> dict[str, Tensor]:
        """The projections' weights with what the adapters add, under the names that a classifier gives them."""
        with torch.no_grad():
            return {placed.key: placed.base.weight + placed.layer.get_delta_weight(_NAME) for placed in self._placed}

    def take_out(self) -> None:
        """Put the projections back where they were, their weights as they were."""
        for placed in self._placed:
            setattr(placed.parent, placed.name, placed.base)
        self._placed = []


@dataclass(frozen=True, kw_only=True, slots=True)
class _Placed:
    """One adapter.

    Attributes:
        key: name of the projection's weight.
        parent: module whose child the projection is.
        name: of this child.
        base: the projection itself.
        layer: what stands in its place: peft's layer around it.
    """

    key: str
    parent: nn.Module
    name: str
    base: Any
    layer: Any

    def parts(self) -> Iterator[tuple[str, Tensor]]:
        """Both matrices: from the input to the narrow place, and from there to the output."""
        yield "down", self.layer.lora_A[_NAME].weight
        yield "up", self.layer.lora_B[_NAME].weight

    def start(self, generator: torch.Generator) -> None:
        """Memory and first values: small random numbers, then zeros, so that nothing is added at first."""
        device = self.base.weight.device
        for matrix in (self.layer.lora_A[_NAME], self.layer.lora_B[_NAME]):
            matrix.to_empty(device=device)
        (_, down), (_, up) = self.parts()
        with torch.no_grad():
            down.copy_(torch.randn(down.shape, generator=generator) * down.shape[1] ** -0.5)
            up.zero_()


def _insert(name: str, stage: nn.Module) -> list[_Placed]:
    """peft's layers around the projections of a stage, without memory yet."""
    from peft import LoraConfig  # only here, because it takes a second to load and few trainings use it
    from peft.tuners.lora import LoraModel

    projections = find_projections(stage)
    if not projections:
        return []
    config = LoraConfig(
        r=LORA_RANK,
        lora_alpha=round(LORA_SCALE * LORA_RANK),
        target_modules=list(projections),
        fan_in_fan_out=any(type(layer).__name__ == "Conv1D" for layer in projections.values()),
    )
    # Hollow, so that peft draws nothing from torch's global generator, which other threads use as well.
    with HollowTensors(), warnings.catch_warnings():
        warnings.filterwarnings("ignore", module="peft")
        LoraModel(stage, config, _NAME)
    del stage.peft_config  # or else the next adapters there would be taken for further ones beside these
    return [_placed(name, stage, place, base) for place, base in projections.items()]


def _placed(stage_name: str, stage: nn.Module, place: str, base: nn.Module) -> _Placed:
    parent, _, child = place.rpartition(".")
    return _Placed(
        key=f"stage.{stage_name}/{place}.weight",
        parent=stage.get_submodule(parent),
        name=child,
        base=base,
        layer=stage.get_submodule(place),
    )
