"""The frozen pass alone, from stored samples to pooled features; the one place that calls it below the workflows."""

from __future__ import annotations

import numpy as np

from core.backbones.freezing import weights_digest
from core.backbones.staged import StagedBackbone
from core.datasets.records import Dataset
from core.datasets.store import DatasetStore
from core.features.cache import ArrayCache
from core.features.engine import Engine, choose_engine
from core.features.engine_trial import faster_engine, try_engines
from core.features.frozen_pass import FrozenPass, build_pass
from core.features.inputs import open_inputs
from core.features.passing import tap_features
from core.features.shelf import RowArray
from core.features.views import Views


def pooled_features(
    dataset: Dataset,
    backbone: StagedBackbone,
    engine: Engine,
    *,
    store: DatasetStore,
    cache: ArrayCache,
    image_size_px: int,
) -> RowArray:
    """Pooled features of all samples in dataset order, shape (n_samples, n_features), float32.

    Args:
        dataset: what `store` holds.
        backbone: with its weights.
        engine: what the pass runs on.
        store: where the samples lie.
        cache: filled on the way.
        image_size_px: side of the square the images are brought to; without meaning for texts.
    """
    inputs = open_inputs(dataset, backbone.row, store=store, cache=cache, image_size_px=image_size_px, views=Views())
    taps = tap_features(
        backbone,
        inputs,
        np.arange(dataset.n_samples),
        weights_key=weights_digest(backbone),
        cut=None,
        want_pooled=True,
        engine=engine,
        cache=cache,
        on_progress=_show_nothing,
    )
    if taps.pooled is None:
        raise RuntimeError("the pass brought no features back")
    return taps.pooled


def fastest_engine(backbone: StagedBackbone, cache: ArrayCache, *, size: int) -> Engine:
    """The faster of the engines, tried now; the converted network is kept in the cache.

    Args:
        backbone: with its weights.
        cache: filled on the way.
        size: side of the images in pixels, or tokens per text.
    """
    engine = choose_engine(backbone.row.modality, "auto")
    trial = try_engines(backbone, engine, size=size, cache=cache, weights_key=weights_digest(backbone))
    return faster_engine(engine, trial).engine


def forward_pass(backbone: StagedBackbone, engine: Engine, cache: ArrayCache) -> FrozenPass:
    """What carries one batch from the inputs to the pooled features."""
    return build_pass(
        backbone, cut=None, want_pooled=True, engine=engine, cache=cache, weights_key=weights_digest(backbone)
    )


def _show_nothing(done: int, of: int) -> None:
    del done, of
