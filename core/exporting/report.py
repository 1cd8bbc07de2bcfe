"""The report of a run as one JSON file."""

from __future__ import annotations

import json

from core.backbones.records import FreezeProof
from core.evaluation.records import Report
from core.evaluation.report_json import proof_to_json, report_to_json
from core.settings import PRODUCT
from core.training.spec import TrainingSpec

FORMAT = 1
"""Counts up when a reader of the old file would misread the new one."""


def report_json(report: Report, spec: TrainingSpec, *, proof: FreezeProof | None = None) -> bytes:
    """What was asked for, what came out and the freeze proof (null where there is none), as indented UTF-8 JSON."""
    values = {
        "written_by": PRODUCT,
        "format": FORMAT,
        "spec": spec.to_json(),
        "report": report_to_json(report),
        "freeze_proof": None if proof is None else proof_to_json(proof),
    }
    return json.dumps(values, ensure_ascii=False, indent=2, allow_nan=False).encode()
