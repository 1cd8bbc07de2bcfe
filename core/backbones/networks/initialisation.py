"""Random weights from a generator of one's own: same seed, same weights, whatever other threads draw."""

from __future__ import annotations

import math

import torch
from torch import nn
from torch.nn.modules.batchnorm import _BatchNorm

_CONSTANT_LAYERS = (_BatchNorm, nn.LayerNorm, nn.GroupNorm)

_EMBEDDINGS = ("cls_token", "reg_token", "pos_embed", "relative_position_bias_table", "attention_biases")
_EMBEDDING_STD = 0.02
_ONES = ("gain", "scale", "temperature")
_ZEROS = ("bias", "q_bias", "k_bias", "v_bias", "skipinit_gain")
_BRANCH_SCALES = ("layer_scale", "gamma", "gamma_1", "gamma_2", "gamma_xca")
_BRANCH_SCALE = 1e-6
"""Residual branches with a scale of their own start as good as absent (Touvron et al. 2021, Liu et al. 2022)."""

_LINEAR_LAYERS = ("Conv1D",)
"""GPT-2's linear layer with its matrix turned; by name, so that networks for images need not load its library."""


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
    by_type = _initialise_weight(module, generator, linear_std)
    for name, parameter in module.named_parameters(recurse=False):
        if not (by_type and name == "weight"):
            _initialise_by_name(module, name, parameter, generator)


def _initialise_weight(module: nn.Module, generator: torch.Generator, linear_std: float) -> bool:
    """Fills `weight`, and the statistics of BatchNorm; whether the module is of a type that is known."""
    if isinstance(module, nn.Conv2d):
        fan_in = math.prod(module.kernel_size) * module.in_channels // module.groups
        module.weight.normal_(0, math.sqrt(2 / fan_in), generator=generator)
    elif isinstance(module, nn.Linear | nn.Embedding):
        module.weight.normal_(0, linear_std, generator=generator)
        if isinstance(module, nn.Embedding) and module.padding_idx is not None:
            module.weight[module.padding_idx].zero_()
    elif type(module).__name__ in _LINEAR_LAYERS:
        nn.init.normal_(module.get_parameter("weight"), std=linear_std, generator=generator)
    elif isinstance(module, _CONSTANT_LAYERS):
        if module.weight is not None:
            module.weight.fill_(1)
        if isinstance(module, _BatchNorm):
            module.reset_running_stats()
    else:
        return False
    return True


def _initialise_by_name(module: nn.Module, name: str, parameter: nn.Parameter, generator: torch.Generator) -> None:
    """For what the network libraries add in layers of their own."""
    if name in _EMBEDDINGS:
        parameter.normal_(0, _EMBEDDING_STD, generator=generator)
    elif name in _BRANCH_SCALES:
        parameter.fill_(_BRANCH_SCALE)
    elif name in _ONES:
        parameter.fill_(1)
    elif name in _ZEROS:
        parameter.zero_()
    else:
        raise TypeError(f"No rule for the random weights of {type(module).__name__}.")
