"""What makes a dataset this one: the order of its classes and the hash that is its id."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence

from core.arrays import IntArray, StrArray
from core.datasets.records import Modality


def order_class_names(names: Iterable[str]) -> tuple[str, ...]:
    """Each name once, sorted; numbers by their value, so that 10 follows 9."""
    distinct = set(names)
    if all(name.isascii() and name.removeprefix("-").isdigit() for name in distinct):
        return tuple(sorted(distinct, key=lambda name: (int(name), name)))
    return tuple(sorted(distinct))


def identify(
    modality: Modality,
    class_names: Sequence[str],
    sample_ids: Sequence[str],
    labels: IntArray,
    splits: StrArray,
    *,
    parent: str = "",
    hard: Sequence[str] = (),
) -> str:
    """The id of a dataset: 16 hex digits, a hash of all that is given here.

    The parent is part of it, because a version that takes back what an earlier one changed must not take its place.

    Args:
        modality: "image" or "text".
        class_names: in label order.
        sample_ids: hashes of the contents, one per sample.
        labels: shape (n_samples,), integers in [0, n_classes).
        splits: shape (n_samples,), "train", "val" or "test".
        parent: id of the version it was made from; empty for an import.
        hard: ids of the samples marked as hard, sorted.
    """
    digest = hashlib.sha256(modality.encode())
    for class_name in class_names:
        digest.update(b"\0" + class_name.encode())
    for sample_id, label, split in zip(sample_ids, labels.tolist(), splits.tolist(), strict=True):
        digest.update(f"\0{sample_id} {label} {split}".encode())
    if parent:
        digest.update(f"\0from {parent} hard {' '.join(hard)}".encode())
    return digest.hexdigest()[:16]
