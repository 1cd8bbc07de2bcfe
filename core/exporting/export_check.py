"""How far a model's files answer as the run does: what was compared before they were kept."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

from core.evaluation.records import Interval
from core.exporting.formats import ExportFormat

NEAR = 1e-4
"""Differences of a probability up to this are rounding."""


@dataclass(frozen=True, kw_only=True, slots=True)
class ExportCheck:
    """The answers of the files beside others on the same validation samples.

    Attributes:
        format: id of the format.
        n: samples that were compared.
        from_network: largest difference of a probability to the network from which the files were made, both given the
            same prepared inputs.
        from_report: largest difference to what the run reported, inputs prepared as the format's library does.
        n_other_class: samples that the files put into another class than the report.
        accuracy: of the files on these samples.
        reported_accuracy: of the run on them.
        change: of the accuracy, with an interval for paired samples.
        megabytes: size of the archive.
        seconds: that writing and checking took.
    """

    format: str
    n: int
    from_network: float
    from_report: float
    n_other_class: int
    accuracy: Interval
    reported_accuracy: Interval
    change: Interval
    megabytes: float
    seconds: float

    def to_json(self) -> dict[str, Any]:
        """JSON types."""
        return asdict(self)

    @staticmethod
    def from_json(values: Mapping[str, Any]) -> ExportCheck:
        """What `to_json` gave."""
        numbers = {name: Interval(**values[name]) for name in ("accuracy", "reported_accuracy", "change")}
        return ExportCheck(**{**values, **numbers})


def check_words(kind: ExportFormat, check: ExportCheck) -> str:
    """What the check found, in some sentences."""
    if not kind.is_exact:
        return _cost_words(check)
    found = (
        f"On {check.n:,} validation samples its probabilities are those of the report to within "
        f"{check.from_report:.0e}; {_others(check)} another class."
    )
    if check.from_report <= max(2 * check.from_network, NEAR):
        return found
    return (
        f"{found} Given the same pixels they are those of the network to within {check.from_network:.0e}; "
        "the rest is that its library decodes and resizes images a little differently."
    )


def _cost_words(check: ExportCheck) -> str:
    low, high = check.change.low, check.change.high
    between = "" if low is None or high is None else f" ({100 * low:+.1f} to {100 * high:+.1f})"
    return (
        f"On {check.n:,} validation samples {100 * check.accuracy.value:.1f} % are right, where the report has "
        f"{100 * check.reported_accuracy.value:.1f} %: {100 * check.change.value:+.1f} percentage points{between}. "
        f"{_others(check).capitalize()} another class; the largest difference of a probability is "
        f"{check.from_report:.2f}."
    )


def _others(check: ExportCheck) -> str:
    if not check.n_other_class:
        return "none of them gets"
    return f"{check.n_other_class:,} of them {'gets' if check.n_other_class == 1 else 'get'}"
