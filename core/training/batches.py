"""The order in which an epoch goes through its samples."""

from __future__ import annotations

from itertools import pairwise

import numpy as np

from core.arrays import IntArray

POOL_BATCHES = 32
PAIR = 2


def epoch_batches(
    rows: IntArray, lengths: IntArray | None, batch_size: int, *, seed: tuple[int, ...]
) -> list[IntArray]:
    """All rows once, shuffled, in batches.

    Texts of similar length share a batch, so that little padding is computed: within pools of some dozens of batches
    the rows are sorted by length, then the batches are shuffled.

    Args:
        rows: rows to go through, shape (n_rows,).
        lengths: tokens of every sample of the dataset, or None where all are of one size.
        batch_size: rows per batch; the last one may be smaller, or larger by one rather than hold a single row.
        seed: words that fix the order; another epoch wants another seed.

    Returns:
        Arrays of row numbers; together a permutation of `rows`.
    """
    rng = np.random.default_rng(seed)
    order = rng.permutation(rows)
    if lengths is None:
        return _chunks(order, batch_size)
    pools = _chunks(order, batch_size * POOL_BATCHES)
    batches = [batch for pool in pools for batch in _chunks(pool[np.argsort(lengths[pool], kind="stable")], batch_size)]
    return [batches[i] for i in rng.permutation(len(batches))]


def draw_classes_alike(rows: IntArray, labels: IntArray, *, seed: tuple[int, ...]) -> IntArray:
    """As many rows as there are, of each class equally many: rare ones repeat, frequent ones take turns over epochs.

    Args:
        rows: rows to draw from, shape (n_rows,).
        labels: class of each of them, shape (n_rows,).
        seed: words that fix the draw; another epoch wants another seed.

    Returns:
        Rows, shape (n_rows,); within a class none is repeated before all were taken.
    """
    rng = np.random.default_rng(seed)
    classes = rng.permutation(np.unique(labels))
    shares = np.full(len(classes), len(rows) // len(classes))
    shares[: len(rows) % len(classes)] += 1
    drawn = [np.resize(rng.permutation(rows[labels == one]), n) for one, n in zip(classes, shares, strict=True)]
    return np.concatenate(drawn)


def pair_batches(rows: IntArray, labels: IntArray, batch_size: int, *, seed: tuple[int, ...]) -> list[IntArray]:
    """All rows of classes that have two, shuffled, in batches that hold at least two of each class they draw from.

    An epoch compares each sample with the others of one batch only. That caps the pairs of a class, of which all
    together there would be the square of its samples.

    Args:
        rows: rows to go through, shape (n_rows,).
        labels: class of each of them, shape (n_rows,).
        batch_size: rows per batch; a batch may hold one more for each class of odd size, and the last one fewer.
        seed: words that fix the draw; another epoch wants another seed.
    """
    rng = np.random.default_rng(seed)
    groups = [
        part
        for one in np.unique(labels)
        if (of_class := rng.permutation(rows[labels == one])).size >= PAIR
        for part in np.array_split(of_class, len(of_class) // PAIR)
    ]
    order, n_groups = rng.permutation(len(groups)), max(1, batch_size // PAIR)
    starts = range(0, len(order), n_groups)
    return [np.concatenate([groups[at] for at in order[start : start + n_groups]]) for start in starts]


def batch_parts(n_rows: int, n_parts: int) -> list[slice]:
    """A batch in so many parts of about equal size; in fewer where a part would hold a single row.

    Args:
        n_rows: of the batch.
        n_parts: as many as are wanted.
    """
    bounds = np.linspace(0, n_rows, max(1, min(n_parts, n_rows // PAIR)) + 1).round().astype(int).tolist()
    return [slice(start, end) for start, end in pairwise(bounds)]


def _chunks(rows: IntArray, size: int) -> list[IntArray]:
    starts = list(range(0, len(rows), size))
    # One row alone has no spread, so that BatchNorm cannot train on it: it joins the rows before it.
    if size > 1 and len(starts) > 1 and len(rows) - starts[-1] == 1:
        starts.pop()
    return [rows[start:end] for start, end in pairwise([*starts, len(rows)])]
