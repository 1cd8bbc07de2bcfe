"""What a forward pass runs on: the device, and the precision it computes natively."""

from __future__ import annotations

import contextlib
import importlib.metadata
from dataclasses import dataclass, replace
from functools import cache
from typing import TypeVar

import torch
from torch import nn

from core.datasets.records import Modality
from core.features import openvino_model

NETWORK_LIBRARIES = ("torchvision", "timm", "transformers")

NetworkT = TypeVar("NetworkT", bound=nn.Module)


@dataclass(frozen=True, kw_only=True, slots=True)
class Engine:
    """Device and precisions of a run.

    Attributes:
        device: where tensors live: "cpu", "cuda" or "mps".
        frozen: precision of frozen stages, "float32" or "bfloat16".
        trained: precision of trainable stages, "float32" or "bfloat16"; weights themselves stay float32.
        backend: what runs the frozen stages, "torch" or "openvino".
    """

    device: str
    frozen: str
    trained: str
    backend: str = "torch"

    @property
    def frozen_key(self) -> str:
        """Names what decides the numbers of the frozen pass on this machine; part of cache keys."""
        version = torch.__version__ if self.backend == "torch" else openvino_model.version()
        return f"{self.device} {self.frozen} {self.backend} {version} {_library_versions()}"

    def autocast(self, precision: str) -> contextlib.AbstractContextManager[object]:
        """A context in which matrix products run in `precision`."""
        if precision == "bfloat16":
            return torch.autocast(self.device, torch.bfloat16)
        return contextlib.nullcontext()

    def place(self, network: NetworkT) -> NetworkT:
        """Move a network to the device, convolutions laid out as it computes them fastest; returns the network."""
        return network.to(device=self.device, memory_format=torch.channels_last)  # type: ignore[call-overload,no-any-return]

    def free_memory(self) -> None:
        """Give back what the device keeps for later; after a lack of memory, before the next attempt."""
        if self.device == "cuda":
            torch.cuda.empty_cache()
        elif self.device == "mps":
            torch.mps.empty_cache()


def choose_engine(modality: Modality, precision: str) -> Engine:
    """The fastest setting of torch that this machine computes natively; `engine_trial` may find a faster backend.

    Emulated bfloat16 is slower than float32, so it is used only where the processor has instructions for it.
    Trainable convolutions stay in float32 on a processor: the backward pass of depthwise convolutions is slower in
    bfloat16 there.

    Args:
        modality: "image" or "text".
        precision: "auto", or "float32" or "bfloat16" to insist on one for the frozen pass.
    """
    device = "cuda" if torch.cuda.is_available() else "mps" if torch.backends.mps.is_available() else "cpu"
    native = "bfloat16" if _has_native_bfloat16(device) else "float32"
    frozen = native if precision == "auto" else precision
    trained = frozen if device == "cuda" or modality == "text" else "float32"
    return Engine(device=device, frozen=frozen, trained=trained)


def engine_like(modality: Modality, precision: str, *, backend: str) -> Engine:
    """The engine that a run was made with, as far as this machine has it."""
    engine = choose_engine(modality, precision)
    is_here = engine.device == "cpu" and openvino_model.is_available()
    return replace(engine, backend=backend) if backend == "torch" or is_here else engine


@cache
def _library_versions() -> str:
    return " ".join(f"{name} {importlib.metadata.version(name)}" for name in NETWORK_LIBRARIES)


def _has_native_bfloat16(device: str) -> bool:
    if device == "cuda":
        return bool(torch.cuda.is_bf16_supported())
    if device == "cpu":
        capabilities = torch.cpu.get_capabilities()
        return any(capabilities.get(name, False) for name in ("avx512_bf16", "amx_bf16", "bf16"))
    return False
