"""Reports and freeze proofs as JSON types and back, without loss."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from core.backbones.records import FreezeProof
from core.errors import ConfigurationError
from core.evaluation.records import (
    Baseline,
    Calibration,
    CalibrationScores,
    ClassReport,
    ClassSeparation,
    CoveragePoint,
    Interval,
    ReliabilityBin,
    Report,
    Separation,
    SplitReport,
    TopAccuracy,
)
from core.training.decision import DecisionOffsets
from core.training.temperature import NEVER_FITTED, Temperature

FORMAT = 3
"""Counts up when reports hold more: 1, which they do not say, lacks calibration and baselines, 2 lacks areas."""


def report_to_json(report: Report) -> dict[str, Any]:
    """A dict of JSON types that `report_from_json` turns back into an equal report; a missing number is null."""
    return {
        "format": FORMAT,
        "class_names": list(report.class_names),
        "splits": [_split_to_json(part) for part in report.splits],
        "warnings": list(report.warnings),
        "temperature": None if report.temperature is None else asdict(report.temperature),
        "decision": None if report.decision is None else asdict(report.decision),
    }


def report_from_json(values: dict[str, Any]) -> Report:
    """The report `report_to_json` wrote, now or in an earlier format.

    Raises:
        KeyError, TypeError: `values` is not one.
        ConfigurationError: it was written by a later version.
    """
    found = values.get("format", 1)
    if found > FORMAT:
        raise ConfigurationError(
            f"The report was written by a later version (format {found}, this one reads up to {FORMAT}).",
            "Open it with the version that wrote it.",
        )
    temperature = values.get("temperature")
    return Report(
        class_names=tuple(values["class_names"]),
        splits=tuple(_split_from_json(part) for part in values["splits"]),
        warnings=tuple(values["warnings"]),
        temperature=Temperature(**temperature) if temperature else None,
        decision=offsets_from_json(values.get("decision")),
    )


def temperature_from_json(values: dict[str, Any] | None) -> Temperature:
    """What the logits of a run are divided by; of one from before temperatures were fitted, 1."""
    return NEVER_FITTED if values is None else Temperature(**values)


def offsets_from_json(values: dict[str, Any] | None) -> DecisionOffsets | None:
    """The offsets whose fields were stored; None where none were."""
    return DecisionOffsets(**{**values, "values": tuple(values["values"])}) if values else None


def proof_to_json(proof: FreezeProof) -> dict[str, Any]:
    """A dict of JSON types that `proof_from_json` turns back into an equal proof."""
    return {**asdict(proof), "movement": [list(pair) for pair in proof.movement]}


def proof_from_json(values: dict[str, Any]) -> FreezeProof:
    """The proof `proof_to_json` wrote; raises KeyError or TypeError where `values` is not one."""
    movement = tuple((str(name), float(moved)) for name, moved in values["movement"])
    return FreezeProof(**{**values, "movement": movement})


def _split_to_json(part: SplitReport) -> dict[str, Any]:
    """One split; `asdict` reaches into the intervals and class rows, tuples become lists."""
    values = asdict(part)
    values["classes"] = list(values["classes"])
    values["confusion_matrix"] = [list(row) for row in part.confusion_matrix]
    return values


def _split_from_json(values: dict[str, Any]) -> SplitReport:
    """One split."""
    return SplitReport(
        **{
            **values,
            "accuracy": Interval(**values["accuracy"]),
            "macro_f1": Interval(**values["macro_f1"]),
            "classes": tuple(_class_from_json(row) for row in values["classes"]),
            "confusion_matrix": tuple(tuple(row) for row in values["confusion_matrix"]),
            "calibration": _calibration_from_json(values.get("calibration")),
            "baselines": tuple(_baseline_from_json(row) for row in values.get("baselines", ())),
            "separation": _separation_from_json(values.get("separation")),
        }
    )


def _class_from_json(values: dict[str, Any]) -> ClassReport:
    names = ("precision_interval", "recall_interval", "f1_interval")
    return ClassReport(**{**values, **{name: _interval_from_json(values.get(name)) for name in names}})


def _calibration_from_json(values: dict[str, Any] | None) -> Calibration | None:
    if values is None:
        return None
    bins = (ReliabilityBin(**{**row, "accuracy": Interval(**row["accuracy"])}) for row in values["reliability"])
    points = (CoveragePoint(**{**row, "accuracy": Interval(**row["accuracy"])}) for row in values["coverage"])
    return Calibration(
        **{
            **values,
            "before": CalibrationScores(**values["before"]),
            "after": CalibrationScores(**values["after"]),
            "top_3_accuracy": _interval_from_json(values["top_3_accuracy"]),
            "reliability": tuple(bins),
            "coverage": tuple(points),
        }
    )


def _baseline_from_json(values: dict[str, Any]) -> Baseline:
    return Baseline(**{**values, "accuracy": _interval_from_json(values["accuracy"])})


def _separation_from_json(values: dict[str, Any] | None) -> Separation | None:
    if values is None:
        return None
    areas, macros = ("auroc", "average_precision"), ("macro_auroc", "macro_average_precision")
    return Separation(
        **{name: _interval_from_json(values[name]) for name in macros},
        classes=tuple(
            ClassSeparation(**{**row, **{name: _interval_from_json(row[name]) for name in areas}})
            for row in values["classes"]
        ),
        top=tuple(TopAccuracy(k=row["k"], accuracy=Interval(**row["accuracy"])) for row in values["top"]),
    )


def _interval_from_json(values: dict[str, Any] | None) -> Interval | None:
    return None if values is None else Interval(**values)
