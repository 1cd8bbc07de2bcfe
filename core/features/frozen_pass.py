"""What carries a batch through the frozen stages: torch, or OpenVINO where converting repays itself."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Protocol

import torch
from torch import nn

from core.backbones.staged import StagedBackbone
from core.features.cache import ArrayCache, cache_key
from core.features.engine import Engine
from core.features.openvino_model import OpenVinoModel, convert
from core.features.sources import Batch


class FrozenPass(Protocol):
    """Carries a batch through stages that do not train."""

    def __call__(self, batch: Batch) -> tuple[torch.Tensor | None, torch.Tensor | None]:
        """What enters the stage at the cut, and the pooled features (n_samples, n_features); None if not asked for."""


def build_pass(
    backbone: StagedBackbone,
    *,
    cut: int | None,
    want_pooled: bool,
    engine: Engine,
    cache: ArrayCache,
    weights_key: str,
) -> FrozenPass:
    """The pass for an engine.

    Args:
        backbone: put into evaluation mode; stages the pass uses must not change while it is in use.
        cut: give back what enters stage number `cut`; None if that is not wanted.
        want_pooled: go on through all stages and give back the pooled output.
        engine: device, precision and backend.
        cache: where converted networks are kept.
        weights_key: names the content of the backbone's tensors.
    """
    taps = _Taps(engine.place(backbone.eval()), cut, want_pooled)
    if engine.backend == "torch":
        return _TorchPass(taps, engine)
    return _OpenVinoPass(taps, OpenVinoModel(_converted(taps, cache, weights_key), engine.frozen))


def converted_key(weights_key: str, *, cut: int | None, want_pooled: bool) -> str:
    """Under which the cache keeps the stages converted for a pass."""
    return cache_key(kind="converted", weights=weights_key, cut=cut, pooled=want_pooled)


class _Taps(nn.Module):
    """The stages with the wanted taps, as one module that can be traced."""

    def __init__(self, backbone: StagedBackbone, cut: int | None, want_pooled: bool) -> None:
        super().__init__()
        self.backbone = backbone
        self.cut = cut
        self.want_pooled = want_pooled

    def forward(self, values: torch.Tensor, mask: torch.Tensor | None = None) -> tuple[torch.Tensor, ...]:
        """What was asked for, the activation at the cut first."""
        found: tuple[torch.Tensor, ...] = ()
        if self.cut is not None:
            values = self.backbone.run_stages(values, mask, stop=self.cut)
            found = (values,)
        if self.want_pooled:
            last = self.backbone.run_stages(values, mask, start=self.cut or 0)
            found = (*found, self.backbone.pool(last, mask))
        return found

    def sort(self, found: Sequence[torch.Tensor]) -> tuple[torch.Tensor | None, torch.Tensor | None]:
        """Outputs by what they are."""
        return (found[0] if self.cut is not None else None, found[-1] if self.want_pooled else None)


class _TorchPass:
    def __init__(self, taps: _Taps, engine: Engine) -> None:
        self._taps = taps
        self._engine = engine

    def __call__(self, batch: Batch) -> tuple[torch.Tensor | None, torch.Tensor | None]:
        batch = batch.to(torch.device(self._engine.device))
        with torch.inference_mode(), self._engine.autocast(self._engine.frozen):
            return self._taps.sort(self._taps(batch.values, batch.mask))


class _OpenVinoPass:
    def __init__(self, taps: _Taps, model: OpenVinoModel) -> None:
        self._taps = taps
        self._model = model

    def __call__(self, batch: Batch) -> tuple[torch.Tensor | None, torch.Tensor | None]:
        tensors = (batch.values,) if batch.mask is None else (batch.values, batch.mask)
        found = self._model([tensor.numpy() for tensor in tensors])
        return self._taps.sort([torch.from_numpy(array) for array in found])


def _converted(taps: _Taps, cache: ArrayCache, weights_key: str) -> Path:
    """The file of the converted stages, converted now if that was never done before."""
    key = converted_key(weights_key, cut=taps.cut, want_pooled=taps.want_pooled)
    if cache.folder(key) is None:
        with cache.writing(key) as folder:
            convert(taps, taps.backbone.row.modality, folder / "model.xml")
    return cache.require_folder(key) / "model.xml"
