"""What carries a batch through the frozen stages: torch, or OpenVINO where converting repays itself."""

from __future__ import annotations

from pathlib import Path
from typing import Protocol

import torch
from torch import nn

from core.backbones.records import BackboneRow
from core.backbones.staged import StagedBackbone
from core.features import openvino_model
from core.features.cache import ArrayCache, cache_key
from core.features.engine import Engine
from core.features.openvino_model import OpenVinoModel, convert
from core.features.sources import Batch

CONVERSION_VERSION = 2


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
    engine.place(backbone.eval())
    if engine.backend == "torch":
        return _TorchPass(backbone, cut, want_pooled, engine)
    return _OpenVinoPass(_converted(backbone, cache, weights_key), len(backbone.stage_names), cut, want_pooled, engine)


def converted_key(weights_key: str, row: BackboneRow) -> str:
    """Under which the cache keeps a converted backbone; preprocessing and pooling are converted with it."""
    parts = {"weights": weights_key, "preprocessing": row.preprocessing, "version": CONVERSION_VERSION}
    return cache_key(kind="converted", openvino=openvino_model.version(), **parts)


class _TorchPass:
    def __init__(self, backbone: StagedBackbone, cut: int | None, want_pooled: bool, engine: Engine) -> None:
        self._backbone = backbone
        self._cut = cut
        self._want_pooled = want_pooled
        self._engine = engine

    def __call__(self, batch: Batch) -> tuple[torch.Tensor | None, torch.Tensor | None]:
        batch = batch.to(torch.device(self._engine.device))
        values, mask = batch.values, batch.mask
        at_cut = pooled = None
        with torch.inference_mode(), self._engine.autocast(self._engine.frozen):
            if self._cut is not None:
                values = at_cut = self._backbone.run_stages(values, mask, stop=self._cut)
            if self._want_pooled:
                pooled = self._backbone.pool(self._backbone.run_stages(values, mask, start=self._cut or 0), mask)
        return at_cut, pooled


class _OpenVinoPass:
    def __init__(self, file: Path, n_stages: int, cut: int | None, want_pooled: bool, engine: Engine) -> None:
        if cut == 0:
            raise ValueError("what enters the first stage are the inputs themselves")
        self._has_cut, self._has_pooled = cut is not None, want_pooled
        outputs = [] if cut is None else [cut - 1]
        self._model = OpenVinoModel(file, engine.frozen, [*outputs, n_stages] if want_pooled else outputs)

    def __call__(self, batch: Batch) -> tuple[torch.Tensor | None, torch.Tensor | None]:
        tensors = (batch.values.permute(0, 2, 3, 1),) if batch.mask is None else (batch.values, batch.mask)
        found = [torch.from_numpy(array) for array in self._model([tensor.numpy() for tensor in tensors])]
        return (found[0] if self._has_cut else None, found[-1] if self._has_pooled else None)


class _AllTaps(nn.Module):
    """A backbone that gives back what leaves every stage, then the pooled features; channels of pixels come last."""

    def __init__(self, backbone: StagedBackbone) -> None:
        super().__init__()
        self.backbone = backbone

    def forward(self, values: torch.Tensor, mask: torch.Tensor | None = None) -> tuple[torch.Tensor, ...]:
        values = values if mask is not None else values.permute(0, 3, 1, 2)
        found = []
        for number in range(len(self.backbone.stage_names)):
            values = self.backbone.run_stages(values, mask, start=number, stop=number + 1)
            found.append(values)
        return (*found, self.backbone.pool(values, mask))


def _converted(backbone: StagedBackbone, cache: ArrayCache, weights_key: str) -> Path:
    """The file of the converted backbone, converted now if that was never done before; all cuts share it."""
    key = converted_key(weights_key, backbone.row)
    if cache.folder(key) is None:
        with cache.writing(key) as folder:
            convert(_AllTaps(backbone), backbone.row.preprocessing, folder / "model.xml")
    return cache.require_folder(key) / "model.xml"
