import json

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.backbones.records import FreezeProof
from core.evaluation.report import build_report, build_split_report
from core.evaluation.report_json import proof_from_json, proof_to_json, report_from_json, report_to_json


@settings(max_examples=30, deadline=None)
@given(n_classes=st.integers(2, 6), n=st.integers(1, 30), seed=st.integers(0, 2**16), name=st.text(max_size=5))
def test_report_survives_a_trip_through_json_text(n_classes, n, seed, name):
    rng = np.random.default_rng(seed)
    names = [f"{name}{label}" for label in range(n_classes)]
    labels = rng.integers(0, n_classes, n)
    part = build_split_report("val", rng.dirichlet(np.ones(n_classes), n), labels, names, train_labels=labels)
    report = build_report(names, [part, part])
    assert report_from_json(json.loads(json.dumps(report_to_json(report), allow_nan=False))) == report


def test_what_is_not_a_report_is_refused():
    with pytest.raises(KeyError):
        report_from_json({"class_names": []})
    with pytest.raises(TypeError):
        report_from_json({"class_names": [], "warnings": [], "splits": [{"accuracy": {}, "macro_f1": {}}]})


def test_proof_survives_a_trip_through_json_text():
    proof = FreezeProof(n_tensors=296, n_changed=0, movement=(("blocks.6", 0.125), ("head", 1.5)))
    assert proof_from_json(json.loads(json.dumps(proof_to_json(proof), allow_nan=False))) == proof
