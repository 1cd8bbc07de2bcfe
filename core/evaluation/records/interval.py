"""A number and how sure it is."""

from __future__ import annotations

from dataclasses import dataclass

FEW_SAMPLES = 10
"""Below this many samples one more hit moves a class's recall by more than a tenth."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Interval:
    """A number with its 95 % interval; `low` and `high` are None where it cannot be computed, and `why` says so."""

    value: float
    low: float | None
    high: float | None
    why: str = ""
