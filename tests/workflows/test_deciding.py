"""Tuned decisions of real runs: stored beside the temperature, applied in reports and predictions."""

from dataclasses import replace

import numpy as np
import pytest
from sklearn.metrics import f1_score

from core.training.decision import DecisionOffsets
from core.training.temperature import Temperature
from core.workflows.predict import predict_texts
from core.workflows.reporting import HeldOut, build_run_report, tabulate, tune_decisions

MOVED = {"values": [30.0, 0.0, 0.0], "n": 40, "macro_f1_before": 0.5, "macro_f1": 0.6, "why": ""}


def held_out(dataset, seed=0):
    """Logits that lean to the first class, for every held-out sample ten times over."""
    rng = np.random.default_rng(seed)
    rows = np.repeat(np.concatenate([dataset.rows("val"), dataset.rows("test")]), 10)
    logits = 2 * np.eye(dataset.n_classes)[dataset.labels[rows]] + rng.normal(size=(len(rows), dataset.n_classes))
    logits[:, 0] += 2.5
    return HeldOut(rows=rows, logits=logits.astype(np.float32), temperature=Temperature(value=1.0, n=50))


def test_decisions_move_and_probabilities_stay(images):
    plain = held_out(images)
    tuned = tune_decisions(images, plain, 0)
    before, after = tabulate(images, plain), tabulate(images, tuned)
    np.testing.assert_array_equal(before.probs, after.probs)
    assert (before.predictions != after.predictions).any()
    reports = [
        build_run_report(images, table, decision=found.offsets) for table, found in ((before, plain), (after, tuned))
    ]
    for split in ("val", "test"):
        one, other = (report.split(split) for report in reports)
        assert other.macro_f1.value > one.macro_f1.value
        assert other.loss == one.loss
        assert other.separation == one.separation
    assert reports[1].decision == tuned.offsets


def test_validation_is_decided_by_offsets_that_it_had_no_say_in(images):
    tuned = tune_decisions(images, held_out(images), 0)
    is_val = images.splits[tuned.rows] == "val"
    labels = images.labels[tuned.rows[is_val]]
    found = f1_score(labels, tuned.decisions[is_val], average="macro")
    assert found == pytest.approx(tuned.offsets.macro_f1)


def test_a_run_that_is_asked_to_tunes_and_says_why_it_did_not(workspace, texts, start, execute):
    view = execute(start(texts, "feature-extraction", decision="macro-f1"))
    assert "too few" in view.report.decision.why
    assert workspace.runs.get(view.id).read_json("decision")["why"] == view.report.decision.why


def test_a_run_that_is_not_asked_to_stores_nothing(workspace, finished):
    assert finished["text"].report.decision is None
    assert workspace.runs.get(finished["text"].id).read_json("decision") is None


def test_predictions_follow_the_offsets_stored_with_the_run(workspace, texts, start, execute):
    view = execute(start(texts, "feature-extraction"))
    folder = workspace.runs.get(view.id)
    plain = predict_texts(workspace, view.id, texts.texts)
    folder.write_json("decision", MOVED)
    folder.model_path.touch()  # a model that is written again is read again, its offsets with it
    tuned = predict_texts(workspace, view.id, texts.texts)
    first = view.class_names[0]
    offsets = DecisionOffsets(**{**MOVED, "values": tuple(MOVED["values"])})
    for one, other in zip(plain, tuned, strict=True):
        assert one.probabilities == other.probabilities
        probs = dict(other.probabilities)
        assert other.probability == probs[other.label]
        if probs[first] > offsets.decides_at(0):
            assert other.label == first
    assert replace(tuned[0], label="", probability=0.0) == replace(plain[0], label="", probability=0.0)
    assert sum(one.label == first for one in tuned) > sum(one.label == first for one in plain)
