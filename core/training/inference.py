"""From inputs to class probabilities, computed the way the training computed them."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import torch

from core.arrays import FloatArray
from core.backbones.records import FeatureChoice
from core.backbones.staged import StagedBackbone
from core.features.cache import ArrayCache
from core.features.cut_sink import HALF_PRECISION_LIMIT
from core.features.engine import Engine
from core.features.frozen_pass import FrozenPass, build_pass
from core.features.passing import by_length, pass_batches
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
    classifier: Classifier, inputs: BatchSource, frozen_pass: FrozenPass, *, cut: int, engine: Engine
) -> Classified:
    """Logits and features of all samples.

    What lies before the cut is computed as the frozen pass of the training did and rounded as its cache rounds, so
    that a sample of the dataset gets the very numbers it got there.

    Args:
        classifier: in evaluation mode afterwards.
        inputs: pixels or token ids.
        frozen_pass: see `build_classifying_pass`.
        cut: number of leading stages that were frozen.
        engine: device and precisions of the training.
    """
    engine.place(classifier.eval())
    precision = engine.trained if cut < len(classifier.backbone.stage_names) else "float32"
    logits, features = (
        np.empty((inputs.n_samples, width), dtype=np.float32)
        for width in (classifier.head.out_features, classifier.head.in_features)
    )
    for rows in pass_batches(by_length(np.arange(inputs.n_samples), inputs.lengths), inputs.lengths):
        batch = _at_the_cut(inputs.batch(rows), frozen_pass, cut).to(torch.device(engine.device))
        with torch.inference_mode(), engine.autocast(precision):
            read = classifier.read(batch.values, batch.mask, start=cut)
            logits[rows] = classifier.head(read).float().cpu().numpy()
        features[rows] = read.float().cpu().numpy()
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


def _at_the_cut(batch: Batch, frozen_pass: FrozenPass, cut: int) -> Batch:
    at_cut, pooled = frozen_pass(batch)
    values = pooled if at_cut is None else at_cut
    if values is None:
        raise ValueError("a frozen pass gave back nothing")
    return Batch(_as_stored(values) if at_cut is not None and cut else values, batch.mask)


def _as_stored(values: torch.Tensor) -> torch.Tensor:
    values = values.float()
    return values.half().float() if values.abs().max() < HALF_PRECISION_LIMIT else values
