"""Which tensors of a stage train, where not all of them do."""

from __future__ import annotations

from collections.abc import Iterator

from torch import nn

from core.backbones.records import TensorChoice


def moving_tensors(stage: nn.Module, choice: TensorChoice) -> frozenset[str]:
    """Names of the parameters and buffers of a stage that a training may change."""
    if choice == "norms-and-biases":
        return frozenset(_norms_and_biases(stage))
    return frozenset(name for name, _ in (*stage.named_parameters(), *stage.named_buffers()))


def count_moving(stage: nn.Module, choice: TensorChoice) -> int:
    """How many numbers of a stage's parameters train."""
    moving = moving_tensors(stage, choice)
    return sum(parameter.numel() for name, parameter in stage.named_parameters() if name in moving)


def _norms_and_biases(stage: nn.Module) -> Iterator[str]:
    """Biases of any layer, and scale and shift of normalisations (Ben Zaken et al. 2022; Frankle et al. 2021).

    The libraries write normalisations of their own, of which few inherit from torch's; all of them are called so.
    """
    for place, module in stage.named_modules():
        is_norm = "Norm" in type(module).__name__
        for name, _ in module.named_parameters(prefix=place, recurse=False):
            if is_norm or name.endswith("bias"):
                yield name
