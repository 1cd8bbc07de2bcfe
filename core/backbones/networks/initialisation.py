"""Random weights from a generator of one's own: same seed, same weights, whatever other threads draw."""

from __future__ import annotations

import math

import torch
from torch import nn

_CONSTANT_LAYERS = (nn.BatchNorm2d, nn.LayerNorm)


def initialise_weights(network: nn.Module, generator: torch.Generator, *, linear_std: float) -> None:
    """Fills all parameters and buffers of `network` in place, as training from scratch starts.

    Convolutions follow He et al. 2015 (fan-in, so that activations keep their size on the way forward), linear layers
    and embeddings are normal around zero, biases zero, and normalisation starts as the identity.

    Args:
        network: on CPU; what its tensors hold beforehand does not matter.
        generator: CPU generator, advanced by the call.
        linear_std: standard deviation for linear layers and embeddings.

    Raises:
        TypeError: a layer with parameters is of a type this function does not know.
    """
    with torch.no_grad():
        for module in network.modules():
            _initialise(module, generator, linear_std)


def _initialise(module: nn.Module, generator: torch.Generator, linear_std: float) -> None:
    if isinstance(module, nn.Conv2d):
        fan_in = math.prod(module.kernel_size) * module.in_channels // module.groups
        module.weight.normal_(0, math.sqrt(2 / fan_in), generator=generator)
    elif isinstance(module, nn.Linear | nn.Embedding):
        module.weight.normal_(0, linear_std, generator=generator)
        if isinstance(module, nn.Embedding) and module.padding_idx is not None:
            module.weight[module.padding_idx].zero_()
    elif isinstance(module, _CONSTANT_LAYERS):
        module.weight.fill_(1)
        if isinstance(module, nn.BatchNorm2d):
            module.reset_running_stats()
    elif next(module.parameters(recurse=False), None) is not None:
        raise TypeError(f"No rule for the random weights of {type(module).__name__}.")
    if isinstance(bias := getattr(module, "bias", None), nn.Parameter):
        bias.zero_()
