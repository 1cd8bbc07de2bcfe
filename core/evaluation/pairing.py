"""Which samples two runs both answered, and where each of them has its answer."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence

import numpy as np

from core.arrays import IntArray


def pair_samples(first_ids: Sequence[str], second_ids: Sequence[str]) -> tuple[IntArray, IntArray]:
    """Positions of the common samples in both lists, in the order of the first.

    Samples with equal content have equal ids; the first of them on one side is paired with the first on the other,
    and each at most once.

    Args:
        first_ids: content hashes of the samples that one run answered.
        second_ids: those of the other run.

    Returns:
        Two arrays of shape (n_common,): `first_ids` at the one equal `second_ids` at the other.
    """
    places: dict[str, list[int]] = defaultdict(list)
    for position in reversed(range(len(second_ids))):
        places[second_ids[position]].append(position)
    pairs = [(position, places[name].pop()) for position, name in enumerate(first_ids) if places.get(name)]
    found = np.array(pairs, dtype=np.int64).reshape(-1, 2)
    return found[:, 0], found[:, 1]
