"""Networks without values: built in no time and without drawing a random number, given memory when they are needed."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

import torch
from torch import Tensor, nn
from torch.overrides import TorchFunctionMode

_HOLLOW = (torch.empty, torch.zeros, torch.ones, torch.rand, torch.randn)


class HollowTensors(TorchFunctionMode):
    """A context in which the tensors that parameters are made of hold no values; arithmetic on others goes on.

    With torch's own context for its `meta` device, a library could not compute widths and rates in tensors (RegNet).
    Of this thread only, so that others may build networks or draw numbers meanwhile.
    """

    def __torch_function__(
        self, func: Callable[..., Any], types: Iterable[type], args: tuple[Any, ...] = (), kwargs: Any = None
    ) -> Any:
        """The call itself, on the `meta` device where it makes a tensor and says nothing of a device."""
        options = kwargs or {}
        if func in _HOLLOW and options.get("device") is None:
            options = {**options, "device": "meta"}
        return func(*args, **options)


def give_memory(network: nn.Module) -> None:
    """Puts memory with arbitrary contents in place of every tensor without values, and leaves the others."""
    given: dict[int, Tensor] = {}  # a tensor that two modules share stays one
    for module in network.modules():
        for tensors in (module._parameters, module._buffers):
            for name, tensor in tensors.items():
                if tensor is not None and tensor.is_meta:
                    tensors[name] = given.setdefault(id(tensor), _with_memory(tensor))  # type: ignore[assignment]


def restore_constants(network: nn.Module) -> None:
    """Computes the buffers that are neither trained nor published, but follow from a network's shape, in place.

    Args:
        network: whose parameters and published buffers have memory already.
    """
    for module in network.modules():
        for name in module._non_persistent_buffers_set:
            buffer = module._buffers[name]
            if buffer is not None and buffer.is_meta:
                module._buffers[name] = _with_memory(buffer)
        compute = getattr(module, "init_non_persistent_buffers", None)  # timm's
        if callable(compute):
            compute()


def _with_memory(tensor: Tensor) -> Tensor:
    empty = torch.empty_like(tensor, device="cpu")
    return nn.Parameter(empty, tensor.requires_grad) if isinstance(tensor, nn.Parameter) else empty
