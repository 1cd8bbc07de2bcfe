"""Samples dealt out to folds: every class spread evenly, whole groups in one fold."""

from __future__ import annotations

import numpy as np

from core.arrays import IntArray
from core.errors import DatasetError


def draw_folds(labels: IntArray, groups: IntArray, n_folds: int, *, seed: int) -> IntArray:
    """The fold of each sample, shape (n_samples,), integers in [0, n_folds).

    Args:
        labels: shape (n_samples,), integers.
        groups: the same for samples that stay together, shape (n_samples,).
        n_folds: at least 2.
        seed: same seed, same folds.

    Raises:
        DatasetError: a class is in too few groups, so that a fold would have to be predicted without it.
    """
    from sklearn.model_selection import StratifiedGroupKFold

    rarest = min(len(np.unique(groups[labels == label])) for label in np.unique(labels))
    if rarest < n_folds:
        raise _too_few(rarest, n_folds)
    folds = np.zeros(len(labels), dtype=np.int64)
    for fold, (train, held_out) in enumerate(
        StratifiedGroupKFold(n_folds, shuffle=True, random_state=seed).split(labels, labels, groups)
    ):
        if len(np.unique(labels[train])) < len(np.unique(labels)):
            raise DatasetError(
                f"No fold may hold all samples of a class; dealt out whole to {n_folds} folds, the groups that stay "
                "together leave one that does.",
                "Ask for another number of folds.",
            )
        folds[held_out] = fold
    return folds


def _too_few(rarest: int, n_folds: int) -> DatasetError:
    return DatasetError(
        f"Each class must be in at least {n_folds} groups of samples that stay together, one for each fold; one class "
        f"is in {rarest}.",
        f"Ask for {rarest} folds." if rarest >= 2 else "Add samples to the smallest class.",
    )
