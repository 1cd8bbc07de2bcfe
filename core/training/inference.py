"""From inputs to class probabilities, computed the way the training computed them."""

from __future__ import annotations

import numpy as np
import torch

from core.arrays import FloatArray
from core.features.engine import Engine
from core.features.passing import HALF_PRECISION_LIMIT, PASS_BATCH_SIZE, batches_by_length
from core.features.sources import BatchSource
from core.training.classifier import Classifier


def classify(classifier: Classifier, inputs: BatchSource, *, cut: int, engine: Engine) -> FloatArray:
    """Logits of all samples, shape (n_samples, n_classes), float32.

    The stages before the cut run in the precision of the frozen pass and are rounded as the cache rounds them, the
    rest as in training, so that a sample of the dataset gets the very numbers it got there.

    Args:
        classifier: in evaluation mode afterwards.
        inputs: pixels or token ids.
        cut: number of leading stages that were frozen.
        engine: device and precisions of the training.
    """
    engine.place(classifier.eval())
    n_stages = len(classifier.backbone.stage_names)
    logits = np.empty((inputs.n_samples, classifier.head.out_features), dtype=np.float32)
    for rows in batches_by_length(inputs, PASS_BATCH_SIZE):
        batch = inputs.batch(rows).to(torch.device(engine.device))
        with torch.inference_mode():
            with engine.autocast(engine.frozen):
                values = classifier.backbone.run_stages(batch.values, batch.mask, stop=cut)
                if cut == n_stages:
                    values = classifier.backbone.pool(values, batch.mask)
            if 0 < cut < n_stages:
                values = _as_stored(values)
            with engine.autocast(engine.trained if cut < n_stages else "float32"):
                out = classifier(values, batch.mask, start=cut)
        logits[rows] = out.float().cpu().numpy()
    return logits


def _as_stored(values: torch.Tensor) -> torch.Tensor:
    values = values.float()
    return values.half().float() if values.abs().max() < HALF_PRECISION_LIMIT else values
