import json

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.backbones.records import FreezeProof
from core.errors import ConfigurationError
from core.evaluation.baselines import score_baseline
from core.evaluation.calibration import judge_calibration
from core.evaluation.records import Baseline
from core.evaluation.report import build_report, build_split_report
from core.evaluation.report_json import FORMAT, proof_from_json, proof_to_json, report_from_json, report_to_json
from core.training.decision import DecisionOffsets
from core.training.temperature import Temperature


@settings(max_examples=30, deadline=None)
@given(n_classes=st.integers(2, 6), n=st.integers(1, 30), seed=st.integers(0, 2**16), name=st.text(max_size=5))
def test_report_survives_a_trip_through_json_text(n_classes, n, seed, name):
    rng = np.random.default_rng(seed)
    names = [f"{name}{label}" for label in range(n_classes)]
    labels = rng.integers(0, n_classes, n)
    probs = rng.dirichlet(np.ones(n_classes), n)
    part = build_split_report(
        "val",
        probs,
        labels,
        names,
        train_labels=labels,
        calibration=judge_calibration(probs, probs, labels, how="unscaled"),
        baselines=[
            score_baseline("probe", labels, labels, n_train=7, seconds=0.25),
            Baseline(name="tf-idf", why="no text holds a word"),
        ],
    )
    report = build_report(
        names,
        [part, part],
        temperature=Temperature(value=1.5, n=n),
        decision=DecisionOffsets(values=(0.2,) * n_classes, n=n, macro_f1_before=0.5, macro_f1=0.6),
    )
    assert report_from_json(json.loads(json.dumps(report_to_json(report), allow_nan=False))) == report


def test_a_report_of_before_calibration_baselines_and_areas_opens_without_them():
    labels = np.array([0, 1] * 10)
    part = build_split_report("val", np.eye(2)[labels], labels, ("ants", "bees"), train_labels=labels)
    values = json.loads(json.dumps(report_to_json(build_report(("ants", "bees"), [part]))))
    del values["format"], values["temperature"], values["decision"]
    for split in values["splits"]:
        del split["calibration"], split["baselines"], split["separation"]
        for row in split["classes"]:
            del row["precision_interval"], row["recall_interval"], row["f1_interval"]
    old = report_from_json(values)
    assert (old.temperature, old.decision) == (None, None)
    assert (old.splits[0].calibration, old.splits[0].baselines) == (None, ())
    assert old.splits[0].separation is None
    assert old.splits[0].classes[0].recall_interval is None
    assert old.splits[0].accuracy == part.accuracy


def test_a_report_of_a_later_version_is_refused_with_words():
    with pytest.raises(ConfigurationError, match="later version"):
        report_from_json({"format": FORMAT + 1})


def test_what_is_not_a_report_is_refused():
    with pytest.raises(KeyError):
        report_from_json({"class_names": []})
    with pytest.raises(TypeError):
        report_from_json({"class_names": [], "warnings": [], "splits": [{"accuracy": {}, "macro_f1": {}}]})


def test_proof_survives_a_trip_through_json_text():
    proof = FreezeProof(n_tensors=296, n_changed=0, movement=(("blocks.6", 0.125), ("head", 1.5)))
    assert proof_from_json(json.loads(json.dumps(proof_to_json(proof), allow_nan=False))) == proof
