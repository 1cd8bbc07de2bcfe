import json

import numpy as np

from core.backbones.records import FreezeProof
from core.evaluation.report import build_report, build_split_report
from core.evaluation.report_json import proof_from_json, report_from_json
from core.exporting.report import report_json
from core.training.spec import TrainingSpec

SPEC = TrainingSpec(dataset_id="0" * 16, model="lite0", strategy="feature-extraction", frozen_stages=("stem",))


def test_file_gives_back_spec_report_and_proof():
    report, proof = _report(), FreezeProof(n_tensors=3, n_changed=0, movement=(("head", 0.5),))
    values = json.loads(report_json(report, SPEC, proof=proof))
    assert TrainingSpec.from_json(values["spec"]) == SPEC
    assert report_from_json(values["report"]) == report
    assert proof_from_json(values["freeze_proof"]) == proof
    assert values["format"] == 1


def test_file_without_a_proof_says_null_and_keeps_letters_readable():
    data = report_json(_report(), SPEC)
    assert json.loads(data)["freeze_proof"] is None
    assert "Käfer".encode() in data


def _report():
    labels = np.array([0, 1] * 10)
    part = build_split_report("val", np.eye(2)[labels], labels, ("Käfer", "bees"), train_labels=labels)
    return build_report(("Käfer", "bees"), [part])
