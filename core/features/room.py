"""How deep a cut can be cached in the room there is."""

from __future__ import annotations

from collections.abc import Sequence

HALF_BYTES = 2


def deepest_affordable(cut: int, n_outputs: Sequence[int], n_units: int, room_bytes: int) -> int:
    """The deepest border up to the cut whose activations fit; frozen stages behind it are computed in every epoch.

    Args:
        cut: number of leading frozen stages.
        n_outputs: numbers that leave each stage per image or token, in network order.
        n_units: images, or tokens of all texts.
        room_bytes: what the activations may take.

    Returns:
        A number of leading stages, at most `cut`; 0 where only the inputs themselves fit. At the end of the network
        nothing but pooled features is kept, and those always fit.
    """
    if cut == len(n_outputs):
        return cut
    fitting = (border for border in range(cut, 0, -1) if activation_bytes(n_outputs[border - 1], n_units) <= room_bytes)
    return next(fitting, 0)


def activation_bytes(n_outputs: int, n_units: int) -> int:
    """What activations take on disk, in half precision."""
    return HALF_BYTES * n_outputs * n_units
