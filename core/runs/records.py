"""Where a run stands, as it is written to its folder."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from typing import Any, Literal, get_args

RunState = Literal["queued", "running", "finished", "stopped", "failed", "interrupted"]
LIVE_STATES: tuple[RunState, ...] = ("queued", "running")
READABLE_STATES: tuple[RunState, ...] = ("finished", "stopped")


@dataclass(frozen=True, kw_only=True, slots=True)
class RunError:
    """Why a run failed, as the person reads it."""

    code: str
    problem: str
    remedy: str


FAULT = RunError(
    code="fault",
    problem="The run ended through a fault of the program.",
    remedy="Resume it or start it again; the details are in log.txt in the run's folder.",
)


@dataclass(frozen=True, kw_only=True, slots=True)
class RunStatus:
    """One look at a run.

    Attributes:
        state: "queued", "running", "finished", "stopped" (by a person; the best state so far is kept),
            "failed" or "interrupted" (its process ended; it can be resumed).
        step: what it is doing, in words: "Reading the data", "Passing samples through the frozen stages", "Training".
        done: units of this step that are done.
        of: units of this step in all; 0 where not known.
        epoch: epochs done over the whole run.
        n_epochs: epochs planned over the whole run; 0 where not known yet.
        eta_s: seconds left, as estimated; None where not known.
        created_at: ISO 8601, UTC.
        started_at: ISO 8601, UTC; empty before the start.
        ended_at: ISO 8601, UTC; empty before the end.
        error: why it failed; None otherwise.
        seconds: (name, seconds) for load, features, train, evaluate, total, as far as known.
    """

    state: RunState
    step: str = ""
    done: int = 0
    of: int = 0
    epoch: int = 0
    n_epochs: int = 0
    eta_s: float | None = None
    created_at: str = ""
    started_at: str = ""
    ended_at: str = ""
    error: RunError | None = None
    seconds: tuple[tuple[str, float], ...] = ()

    @property
    def progress(self) -> float:
        """Share of the present step that is done, in [0, 1]."""
        return min(1.0, self.done / self.of) if self.of else 0.0

    def to_json(self) -> dict[str, Any]:
        """A dict of JSON types that `from_json` turns back into an equal status."""
        return asdict(self)

    @classmethod
    def from_json(cls, values: dict[str, Any]) -> RunStatus:
        """The status `to_json` wrote; raises KeyError, TypeError or ValueError where `values` is not one."""
        if values["state"] not in get_args(RunState):
            raise ValueError(f"A run's state must be one of {get_args(RunState)}; found {values['state']!r}.")
        error = values.get("error")
        seconds = tuple((name, number) for name, number in values.get("seconds", ()))
        return cls(**{**values, "error": RunError(**error) if error else None, "seconds": seconds})


def utc_now() -> str:
    """The time now as runs write it: ISO 8601, UTC, to the microsecond, so that sorting the texts sorts the times."""
    return datetime.now(UTC).isoformat(timespec="microseconds")
