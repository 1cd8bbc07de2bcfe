"""Whether an input is unlike all that a model learned from: how far it is from the nearest training sample."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import safetensors.numpy

from core.arrays import BoolArray, FloatArray

MAX_NUMBERS, MAX_KEPT = 2_000_000, 5_000
"""Of the training features that are kept, 4 MB in half precision; and rows of them."""

FALSE_ALARMS = 0.05
MIN_HELD_OUT = round(1 / FALSE_ALARMS) - 1
"""With fewer, no input could be further away than enough of them."""

_CHUNK = 512


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class Novelty:
    """What new inputs are held against.

    Attributes:
        kept: features of training samples, each of length 1, shape (n_kept, n_features); float16 as fitted and stored,
            float32 as loaded, so that it is not converted for every input.
        distances: of validation samples to the nearest of these, rising, shape (n_held_out,), float32, in [0, 2].
    """

    kept: FloatArray
    distances: FloatArray

    def further_than(self, features: FloatArray) -> FloatArray:
        """For each input the share of the validation samples that are nearer than it, shape (n_inputs,), in [0, 1]."""
        nearer = np.searchsorted(self.distances, nearest_distances(features, self.kept), side="left")
        return nearer / len(self.distances)

    def is_unlike(self, further_than: FloatArray) -> BoolArray:
        """Whether each input is so far away that of inputs like the validation samples at most 5 % would be.

        That is a conformal test (Bates et al. 2023), and exact for as few validation samples as there are.

        Args:
            further_than: what `further_than` gives, shape (n_inputs,).
        """
        n = len(self.distances)
        n_as_far = n * (1 - further_than)
        unlike: BoolArray = (1 + n_as_far.round()) / (n + 1) <= FALSE_ALARMS
        return unlike


def n_to_keep(n_features: int) -> int:
    """How many training samples are kept at most."""
    return min(MAX_KEPT, max(1, MAX_NUMBERS // n_features))


def fit_novelty(train: FloatArray, held_out: FloatArray) -> Novelty | None:
    """The nearest of the normalised features of training samples (Sun et al. 2022), with the neighbour's rank at 1.

    Args:
        train: what the head reads of training samples, shape (n_kept, n_features); not more than `n_to_keep`.
        held_out: the same of validation samples, shape (n_held_out, n_features).

    Returns:
        None where there are too few validation samples to say how far is too far.
    """
    if len(held_out) < MIN_HELD_OUT or not len(train):
        return None
    kept = _normalised(train).astype(np.float16)
    return Novelty(kept=kept, distances=np.sort(nearest_distances(held_out, kept)))


def nearest_distances(features: FloatArray, kept: FloatArray) -> FloatArray:
    """1 - cosine to the nearest of the kept samples, shape (n_inputs,), float32."""
    bank = np.asarray(kept, dtype=np.float32).T
    parts = [
        (1 - _normalised(features[start : start + _CHUNK]) @ bank).min(axis=1)
        for start in range(0, len(features), _CHUNK)
    ]
    return np.concatenate(parts) if parts else np.empty(0, dtype=np.float32)


def save_novelty(novelty: Novelty, path: Path) -> None:
    """Write it to one file of plain arrays."""
    safetensors.numpy.save_file({"kept": novelty.kept, "distances": novelty.distances}, path)


def load_novelty(path: Path) -> Novelty | None:
    """What `save_novelty` wrote; None where there is no file, as in runs from before it."""
    if not path.is_file():
        return None
    stored = safetensors.numpy.load_file(path)
    return Novelty(kept=stored["kept"].astype(np.float32), distances=stored["distances"])


def _normalised(features: FloatArray) -> FloatArray:
    values = features.astype(np.float32)
    scaled: FloatArray = values / np.maximum(np.linalg.norm(values, axis=1, keepdims=True), 1e-12)
    return scaled
