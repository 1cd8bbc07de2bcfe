"""Supervised contrast: samples of one class are pulled together, those of others pushed apart (Khosla et al. 2020)."""

from __future__ import annotations

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional

from core.arrays import IntArray
from core.features.sources import Batch
from core.training.batches import pair_batches
from core.training.descent import Descent
from core.training.events import EpochDone
from core.training.mixing import WHOLE, Blend
from core.training.policies import Score
from core.training.probe import fit_probe
from core.training.scoring import class_advantages_of, class_weights_of, predict_features

TEMPERATURE = 0.1
"""What similarities are divided by, as in the paper: the smaller, the more the nearest of other classes count."""


def contrastive_loss(features: Tensor, labels: Tensor) -> Tensor:
    """How improbable a sample's own class is among all others of the batch, by similarity (the paper's L_out).

    A sample that is alone in its class is compared with, but pulls nobody.

    Args:
        features: shape (n_samples, width), of any length; their directions are compared.
        labels: shape (n_samples,).

    Returns:
        The mean in nats over all that are not alone in their class; 0, with a gradient of 0, where all are.
    """
    directions = functional.normalize(features.float(), dim=1)
    is_self = torch.eye(len(labels), dtype=torch.bool, device=features.device)
    similarities = (directions @ directions.T / TEMPERATURE).masked_fill(is_self, -torch.inf)
    log_shares = similarities.log_softmax(dim=1).masked_fill(is_self, 0.0)
    alike = (labels[:, None] == labels[None, :]) & ~is_self
    n_alike = alike.sum(dim=1)
    of_samples = -(log_shares * alike).sum(dim=1) / n_alike.clamp_min(1)
    return of_samples.sum() / (n_alike > 0).sum().clamp_min(1)


class Contrast(Descent):
    """A phase whose steps pull samples of one class together; after every epoch the head is fitted to what that gives.

    The steps never see the head. The search for its regularisation is not repeated: on the tuned features, which hold
    the training samples apart already, it would choose next to none.
    """

    is_divisible = False

    def _batches(self, draw: tuple[int, int]) -> list[IntArray]:
        rows = self._data.train_views(draw)
        return pair_batches(rows, self._data.labels_of(rows), self._state.spec.batch_size, seed=draw)

    def _judge(self, batch: Batch, labels: Tensor, blend: Blend | None, rows: slice = WHOLE) -> tuple[Tensor, Tensor]:
        if rows != WHOLE:
            raise ValueError("a batch whose samples are compared with each other cannot be computed in parts")
        if blend:
            raise ValueError("a blend has no one class")
        classifier = self._state.classifier
        with self._engine.autocast(self._engine.trained):
            features = classifier.read(batch.values, batch.mask, start=self._data.cut).float()
        with torch.no_grad():
            logits = classifier.head(features)
        return contrastive_loss(features, labels), logits

    def _validate(self, train: Score, started: float) -> EpochDone:
        self._fit_head()
        return super()._validate(train, started)

    def _load_mixture(self, tensors: dict[str, Tensor]) -> None:
        """With the head that fits its features: measured better, and clearly so earlier, than the mixture of heads."""
        super()._load_mixture(tensors)
        self._fit_head()

    def _fit_head(self) -> None:
        state, data, rows = self._state, self._data, self._data.train_rows
        features = predict_features(state.classifier, self._source, rows, start=data.cut, engine=self._engine)
        if not np.isfinite(features).all():
            return  # the steps ran away; no score of this epoch will be a number, and it is not kept
        *_, probe = fit_probe(features, data.labels[rows], class_weights_of(state, data), strength=state.strength)
        state.classifier.set_head(probe.weight, probe.bias - class_advantages_of(state, data))
