"""What carries a batch through the frozen stages: torch, or OpenVINO where converting repays itself."""

from __future__ import annotations

import threading
from pathlib import Path
from typing import Protocol

import torch
from torch import nn

from core.backbones.records import BackboneRow, FeatureChoice
from core.backbones.staged import StagedBackbone
from core.datasets.records import Modality
from core.features import openvino_model
from core.features.cache import ArrayCache, cache_key
from core.features.engine import Engine
from core.features.openvino_model import OpenVinoModel, convert
from core.features.sources import Batch

CONVERSION_VERSION = 3

BATCH_SIZES: dict[str, dict[Modality, int]] = {
    "torch": {"image": 32, "text": 64},
    "openvino": {"image": 8, "text": 32},
}
"""Samples in a batch, measured; what OpenVINO computes of a small one stays in a core's cache."""


class FrozenPass(Protocol):
    """Carries batches through stages that do not train, for any number of threads.

    Attributes:
        n_at_once: batches that are computed at the same time; who asks for more waits.
        batch_size: samples in a batch, at most.
    """

    n_at_once: int
    batch_size: int

    def __call__(self, batch: Batch) -> tuple[torch.Tensor | None, torch.Tensor | None]:
        """What enters the stage at the cut, and the features (n_samples, n_features); None if not asked for."""


def build_pass(
    backbone: StagedBackbone,
    *,
    cut: int | None,
    want_pooled: bool,
    engine: Engine,
    cache: ArrayCache,
    weights_key: str,
    features: FeatureChoice = "last-stage",
) -> FrozenPass:
    """The pass for an engine.

    Args:
        backbone: put into evaluation mode; stages the pass uses must not change while it is in use.
        cut: give back what enters stage number `cut`; None if that is not wanted.
        want_pooled: go on through all stages and give back the features.
        engine: device, precision and backend.
        cache: where converted networks are kept.
        weights_key: names the content of the backbone's tensors.
        features: what these are: the pooled output of the last stage, or that of every stage, joined.
    """
    engine.place(backbone.eval())
    if engine.backend == "torch":
        return _TorchPass(backbone, cut, features if want_pooled else None, engine)
    file = _converted(backbone, cache, weights_key)
    return _OpenVinoPass(backbone, file, cut, features if want_pooled else None, engine)


def converted_key(weights_key: str, row: BackboneRow) -> str:
    """Under which the cache keeps a converted backbone; preprocessing and pooling are converted with it."""
    parts = {"weights": weights_key, "preprocessing": row.preprocessing, "version": CONVERSION_VERSION}
    return cache_key(kind="converted", openvino=openvino_model.version(), **parts)


class _TorchPass:
    n_at_once = 1  # torch spreads one batch over all cores

    def __init__(
        self, backbone: StagedBackbone, cut: int | None, features: FeatureChoice | None, engine: Engine
    ) -> None:
        self.batch_size = BATCH_SIZES["torch"][backbone.row.modality]
        self._computing = threading.Lock()
        self._backbone = backbone
        self._cut = cut
        self._features = features
        self._engine = engine

    def __call__(self, batch: Batch) -> tuple[torch.Tensor | None, torch.Tensor | None]:
        with self._computing:
            return self._carry(batch.to(torch.device(self._engine.device)))

    def _carry(self, batch: Batch) -> tuple[torch.Tensor | None, torch.Tensor | None]:
        values, mask = batch.values, batch.mask
        at_cut = pooled = None
        with torch.inference_mode(), self._engine.autocast(self._engine.frozen):
            if self._cut is not None:
                values = at_cut = self._backbone.run_stages(values, mask, stop=self._cut)
            if self._features == "last-stage":
                pooled = self._backbone.pool(self._backbone.run_stages(values, mask, start=self._cut or 0), mask)
            elif self._features:
                pooled = self._backbone.join(self._backbone.each_stage(batch.values, mask), mask)
        return at_cut, pooled


class _OpenVinoPass:
    n_at_once = openvino_model.N_AT_ONCE

    def __init__(
        self, backbone: StagedBackbone, file: Path, cut: int | None, features: FeatureChoice | None, engine: Engine
    ) -> None:
        if cut == 0:
            raise ValueError("what enters the first stage are the inputs themselves")
        self._has_cut, self._has_features = cut is not None, features is not None
        self.batch_size = BATCH_SIZES["openvino"][backbone.row.modality]
        n_stages = len(backbone.stage_names)
        outputs = [] if cut is None else [cut - 1]
        if features:
            outputs.append(n_stages if features == "last-stage" else n_stages + 1)
        self._model = OpenVinoModel(file, engine.frozen, outputs)

    def __call__(self, batch: Batch) -> tuple[torch.Tensor | None, torch.Tensor | None]:
        tensors = (batch.values.permute(0, 2, 3, 1),) if batch.mask is None else (batch.values, batch.mask)
        found = [torch.from_numpy(array) for array in self._model([tensor.numpy() for tensor in tensors])]
        return (found[0] if self._has_cut else None, found[-1] if self._has_features else None)


class _AllTaps(nn.Module):
    """A backbone that gives back what leaves every stage, then the pooled features, then those of all stages, joined.

    Channels of pixels come last.
    """

    def __init__(self, backbone: StagedBackbone) -> None:
        super().__init__()
        self.backbone = backbone

    def forward(self, values: torch.Tensor, mask: torch.Tensor | None = None) -> tuple[torch.Tensor, ...]:
        values = values if mask is not None else values.permute(0, 3, 1, 2)
        found = list(self.backbone.each_stage(values, mask))
        return (*found, self.backbone.pool(found[-1], mask), self.backbone.join(found, mask))


def _converted(backbone: StagedBackbone, cache: ArrayCache, weights_key: str) -> Path:
    """The file of the converted backbone, converted now if that was never done before; all cuts share it."""
    key = converted_key(weights_key, backbone.row)
    if cache.folder(key) is None:
        with cache.writing(key) as folder:
            convert(_AllTaps(backbone), backbone.row.preprocessing, folder / "model.xml")
    return cache.require_folder(key) / "model.xml"
