"""Which tensors of a stage train, where not all of them do."""

from __future__ import annotations

from collections.abc import Iterator

from torch import nn

from core.backbones.projections import find_projections
from core.backbones.records import TensorChoice

LORA_RANK = 8
"""Width of the narrow place in an adapter; at 4 and above it hardly mattered in its paper (Hu et al. 2022, table 6)."""


def moving_tensors(stage: nn.Module, choice: TensorChoice) -> frozenset[str]:
    """Names of the parameters and buffers of a stage that a training may change."""
    if choice == "norms-and-biases":
        return frozenset(_norms_and_biases(stage))
    if choice == "low-rank":
        return frozenset(f"{place}.weight" for place in find_projections(stage))
    return frozenset(name for name, _ in (*stage.named_parameters(), *stage.named_buffers()))


def count_trained(stage: nn.Module, choice: TensorChoice) -> int:
    """How many numbers train in a stage: those that move, or those of the adapters that move them."""
    parameters = dict(stage.named_parameters())
    moving = [parameters[name] for name in moving_tensors(stage, choice) if name in parameters]
    if choice == "low-rank":
        return sum(LORA_RANK * sum(weight.shape) for weight in moving)
    return sum(parameter.numel() for parameter in moving)


def _norms_and_biases(stage: nn.Module) -> Iterator[str]:
    """Biases of any layer, and scale and shift of normalisations (Ben Zaken et al. 2022; Frankle et al. 2021).

    The libraries write normalisations of their own, of which few inherit from torch's; all of them are called so.
    """
    for place, module in stage.named_modules():
        is_norm = "Norm" in type(module).__name__
        for name, _ in module.named_parameters(prefix=place, recurse=False):
            if is_norm or name.endswith("bias"):
                yield name
