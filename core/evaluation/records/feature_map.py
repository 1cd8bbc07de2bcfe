"""Where the samples of a run lie."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from core.arrays import FloatArray, IntArray, StrArray

MapMethod = Literal["pca", "tsne"]


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class Plane:
    """Features of many samples laid out in the plane.

    Attributes:
        state: of the network that made them: "before" its training, "after" it, or "frozen" where no stage trained.
        positions: shape (n_samples, 2), float32; their unit and directions mean nothing.
        shares: of the variance of the features, what lies along each direction, in [0, 1]; empty where the directions
            are not those of the features.
    """

    state: Literal["before", "after", "frozen"]
    positions: FloatArray
    shares: tuple[float, ...]


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class FeatureMap:
    """The samples of a run as points, with what is known about each; all arrays are of shape (n_samples,).

    Attributes:
        method: "pca", the two directions along which features vary most, or "tsne", neighbours near each other.
        planes: one, or that before the training and that after it, turned so that they are easy to compare.
        rows: of the samples in the dataset, ascending.
        labels: true classes, integers in [0, n_classes).
        predictions: the run's answers, same range.
        probabilities: of these answers, in [0, 1].
        splits: "train", "val" or "test".
        n_all: samples that the dataset has.
    """

    method: MapMethod
    planes: tuple[Plane, ...]
    rows: IntArray
    labels: IntArray
    predictions: IntArray
    probabilities: FloatArray
    splits: StrArray
    n_all: int

    @property
    def n_samples(self) -> int:
        """Points of each plane."""
        return len(self.rows)
