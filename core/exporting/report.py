"""The report of a run as one JSON file."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from core.backbones.records import FreezeProof
from core.evaluation.records import Report
from core.evaluation.report_json import proof_to_json, report_to_json
from core.settings import PRODUCT
from core.training.spec import TrainingSpec

FORMAT = 1
"""Counts up when a reader of the old file would misread the new one."""


def report_json(
    report: Report,
    spec: TrainingSpec,
    *,
    proof: FreezeProof | None = None,
    combination: Mapping[str, Any] | None = None,
) -> bytes:
    """What was asked for and what came out, as indented UTF-8 JSON.

    Args:
        report: what came out.
        spec: what was asked for; of a combination, of its best member.
        proof: null where there is none.
        combination: JSON types that say what the run was put together from; null for one that was trained.
    """
    values = {
        "written_by": PRODUCT,
        "format": FORMAT,
        "spec": spec.to_json(),
        "report": report_to_json(report),
        "freeze_proof": None if proof is None else proof_to_json(proof),
        "combination": combination,
    }
    return json.dumps(values, ensure_ascii=False, indent=2, allow_nan=False).encode()
