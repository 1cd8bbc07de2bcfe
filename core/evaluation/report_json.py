"""Reports and freeze proofs as JSON types and back, without loss."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from core.backbones.records import FreezeProof
from core.evaluation.records import ClassReport, Interval, Report, SplitReport


def report_to_json(report: Report) -> dict[str, Any]:
    """A dict of JSON types that `report_from_json` turns back into an equal report; a missing number is null."""
    return {
        "class_names": list(report.class_names),
        "splits": [_split_to_json(part) for part in report.splits],
        "warnings": list(report.warnings),
    }


def report_from_json(values: dict[str, Any]) -> Report:
    """The report `report_to_json` wrote; raises KeyError or TypeError where `values` is not one."""
    return Report(
        class_names=tuple(values["class_names"]),
        splits=tuple(_split_from_json(part) for part in values["splits"]),
        warnings=tuple(values["warnings"]),
    )


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
            "classes": tuple(ClassReport(**row) for row in values["classes"]),
            "confusion_matrix": tuple(tuple(row) for row in values["confusion_matrix"]),
        }
    )
