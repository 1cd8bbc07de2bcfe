"""What a deliberate shift is: a way to make an input harder, as strong as is asked for."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Generic, TypeVar

InputT = TypeVar("InputT")


@dataclass(frozen=True, kw_only=True, slots=True)
class Shift(Generic[InputT]):
    """One row of a catalogue.

    Attributes:
        id: permanent.
        title: what people read.
        says: what in the world it stands for, a sentence.
        apply: from an input and a strength in (0, 1] to the shifted input; the same for the same, and the input
            itself where it has nothing to shift.
    """

    id: str
    title: str
    says: str
    apply: Callable[[InputT, float], InputT]
