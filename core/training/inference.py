"""From inputs to class scores through a whole classifier."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np
import torch

from core.arrays import FloatArray, IntArray
from core.backbones.records import FeatureChoice
from core.backbones.staged import StagedBackbone
from core.features.cache import ArrayCache
from core.features.engine import Engine
from core.features.frozen_pass import FrozenPass, build_pass
from core.features.passing import Carried, carry
from core.features.sources import Batch, BatchSource
from core.training.classifier import Classifier


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class Classified:
    """What a classifier makes of samples.

    Attributes:
        logits: shape (n_samples, n_classes), float32.
        features: what its head read, shape (n_samples, n_features), float32.
    """

    logits: FloatArray
    features: FloatArray


def classify(
    classifier: Classifier,
    inputs: BatchSource,
    frozen_pass: FrozenPass,
    *,
    cut: int,
    engine: Engine,
    rows: IntArray | None = None,
    on_progress: Callable[[int, int], None] = lambda *_: None,
) -> Classified:
    """Logits and features of samples.

    Args:
        classifier: in evaluation mode and on the engine's device.
        inputs: pixels or token ids.
        frozen_pass: see `build_classifying_pass`.
        cut: number of leading stages that it carries a sample through.
        engine: device, and precision of the stages behind the cut.
        rows: those of the inputs that are asked about; None: all.
        on_progress: called with (samples done, of).
    """
    asked = np.arange(inputs.n_samples) if rows is None else rows
    device = torch.device(engine.device)
    precision = engine.trained if cut < len(classifier.backbone.stage_names) else "float32"
    logits, features = (
        np.empty((len(asked), width), dtype=np.float32)
        for width in (classifier.head.out_features, classifier.head.in_features)
    )
    done = 0
    for places, carried in carry(inputs, asked, frozen_pass):
        batch = _at_the_cut(carried).to(device)
        with torch.inference_mode(), engine.autocast(precision):
            read = classifier.read(batch.values, batch.mask, start=cut)
            logits[places] = classifier.head(read).float().cpu().numpy()
        features[places] = read.float().cpu().numpy()
        on_progress(done := done + len(places), len(asked))
    return Classified(logits=logits, features=features)


def build_classifying_pass(
    backbone: StagedBackbone,
    *,
    cut: int,
    engine: Engine,
    cache: ArrayCache,
    weights_key: str,
    features: FeatureChoice = "last-stage",
) -> FrozenPass:
    """The pass up to the cut of a training; after the last stage that is the features that its head reads."""
    is_whole = cut == len(backbone.stage_names)
    return build_pass(
        backbone,
        cut=None if is_whole else cut,
        want_pooled=is_whole,
        engine=engine if cut else replace(engine, backend="torch"),
        cache=cache,
        weights_key=weights_key,
        features=features,
    )


def _at_the_cut(carried: Carried) -> Batch:
    values = carried.pooled if carried.at_cut is None else carried.at_cut
    if values is None:
        raise ValueError("a frozen pass gave back nothing")
    return Batch(values.float() if values.is_floating_point() else values, carried.mask)
