"""What a training learns from and chooses by."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from core.arrays import IntArray
from core.features.shelf import RowArray
from core.features.sources import BatchSource

VIEW_STREAM = 1
"""Keeps the draws of views apart from that of the order."""


@dataclass(frozen=True, kw_only=True, slots=True)
class TrainingData:
    """What the loop learns from and chooses by; it never sees the test split.

    There may be several views of each training sample: row = sample + view * n_samples, and view 0 is the sample
    itself.

    Attributes:
        pooled: features of the frozen backbone, shape (n_views * n_samples, n_features), float32; None where no phase
            fits the head by a solver.
        activations: what enters stage number `cut`, a row per view; after the last stage that is the pooled features.
        cut: number of leading stages that are not computed again.
        labels: shape (n_samples,), integers in [0, n_classes).
        train_rows: rows to learn from.
        val_rows: rows to choose by.
        n_views: views per training sample.
        widths: of the parts of these features that come from different stages; None where they are from one.
    """

    pooled: RowArray | None
    activations: BatchSource
    cut: int
    labels: IntArray
    train_rows: IntArray
    val_rows: IntArray
    n_views: int = 1
    widths: tuple[int, ...] | None = None

    def train_views(self, epoch_seed: tuple[int, ...]) -> IntArray:
        """The training samples, each in a view drawn for this epoch."""
        if self.n_views == 1:
            return self.train_rows
        views = np.random.default_rng((*epoch_seed, VIEW_STREAM)).integers(self.n_views, size=len(self.train_rows))
        return self.train_rows + views * len(self.labels)

    @property
    def every_train_view(self) -> IntArray:
        """Rows of the training samples in all their views."""
        return np.concatenate([self.train_rows + view * len(self.labels) for view in range(self.n_views)])

    def labels_of(self, rows: IntArray) -> IntArray:
        """The classes of rows, whichever view they are."""
        return self.labels[rows % len(self.labels)]
