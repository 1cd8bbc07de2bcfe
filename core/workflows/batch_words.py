"""How a run computed its batches where memory did not suffice for whole ones, in words."""

from __future__ import annotations

from collections.abc import Iterable

from core.training.events import BatchSplit, StoredEvent
from core.training.strategies import get_strategy

_COUNTS = {2: "two halves", 4: "four quarters"}


def split_in_words(events: Iterable[StoredEvent], strategy: str) -> str:
    """The last split of a run and what it changes; empty where every batch was computed as a whole.

    Args:
        events: its history.
        strategy: id of its strategy.
    """
    split = [event for event in events if isinstance(event, BatchSplit)]
    if not split:
        return ""
    last = split[-1]
    n_rows = -(-last.batch_size // last.n_parts)
    parts = _COUNTS.get(last.n_parts, f"{last.n_parts} parts")
    said = (
        f"{last.batch_size} samples in {parts} of {n_rows}, from epoch {last.epoch} on: memory did not suffice for "
        "whole batches. A step still learns from all of them; only dropout draws anew for each part"
    )
    learns_statistics = not get_strategy(strategy).pretrained
    return said + (", and BatchNorm learns from one part at a time" if learns_statistics else "")
