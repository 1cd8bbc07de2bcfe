"""Every sample predicted once by a head that did not see it."""

from __future__ import annotations

from dataclasses import dataclass

from core.evaluation.records.interval import Interval

SMALL_DATA = 200
"""Below this many samples a validation part of 15 % has fewer than 30, and its intervals are wide."""


@dataclass(frozen=True, kw_only=True, slots=True)
class CrossValidation:
    """What several heads say together, each about the samples that it did not learn from.

    Attributes:
        n_folds: how many heads.
        n: samples asked, each once: all of the dataset.
        n_train: training samples of the run's own head, which is none of these.
        accuracy: share of hits over all samples, with a Wilson interval that takes them as independent.
        macro_f1: over all samples, likewise.
        fold_accuracies: of each head on its own samples.
        together: what was kept in one fold besides copies, in words; empty where nothing was.
        seconds: that it took.
        created_at: ISO 8601, UTC.
    """

    n_folds: int
    n: int
    n_train: int
    accuracy: Interval
    macro_f1: Interval
    fold_accuracies: tuple[float, ...]
    together: str
    seconds: float
    created_at: str
