"""What a peer is given: the samples of each part of our split."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Generic, TypeVar

import numpy as np

from core.arrays import IntArray
from core.datasets.records import SPLIT_NAMES, Dataset
from core.datasets.store import DatasetStore

SampleT = TypeVar("SampleT", Path, str)


@dataclass(frozen=True, kw_only=True, slots=True)
class Part(Generic[SampleT]):
    """One part of the split.

    Attributes:
        samples: image files or texts.
        labels: shape (n_samples,), integers in [0, n_classes).
    """

    samples: tuple[SampleT, ...]
    labels: IntArray

    def first(self, n: int) -> Part[SampleT]:
        """About `n` samples spread over the whole part, for a quick try."""
        rows = np.linspace(0, len(self.samples) - 1, min(n, len(self.samples))).astype(int)
        return Part(samples=tuple(self.samples[row] for row in rows), labels=self.labels[rows])


@dataclass(frozen=True, kw_only=True, slots=True)
class PeerResult:
    """What a peer took and found.

    Attributes:
        seconds: from the files to the last answer; imports are not counted.
        accuracy: by part.
        epochs_s: seconds of each epoch, its validation included; empty where there is none.
        n_scaled_from: epochs that were really timed where `seconds` stands for more of them; 0 where it does not.
    """

    seconds: float
    accuracy: dict[str, float]
    epochs_s: tuple[float, ...] = ()
    n_scaled_from: int = 0


def image_parts(dataset: Dataset, store: DatasetStore) -> dict[str, Part[Path]]:
    """The image files of every part that the dataset has."""
    files = [store.image_path(sample_id) for sample_id in dataset.sample_ids]
    return _parts(dataset, files)


def text_parts(dataset: Dataset) -> dict[str, Part[str]]:
    """The texts of every part that the dataset has."""
    return _parts(dataset, list(dataset.texts))


def _parts(dataset: Dataset, samples: list[SampleT]) -> dict[str, Part[SampleT]]:
    rows = {name: dataset.rows(name) for name in SPLIT_NAMES}
    return {
        name: Part(samples=tuple(samples[row] for row in found), labels=dataset.labels[found])
        for name, found in rows.items()
        if len(found)
    }
