"""How far stages went: measured where it is known how far, and refused where nothing could have moved."""

import shutil
from dataclasses import replace

import pytest
import safetensors.torch

from core.errors import ConfigurationError
from core.evaluation.records import Drift, StageDrift
from core.training.events import StateChosen
from core.workflows import measure_drift as room
from core.workflows.build_classifier import build_classifier
from core.workflows.measure_drift import drift_in_words, measure_drift, why_no_drift
from core.workflows.stored_studies import load_drift
from tests.workflows.conftest import TOP_LAYER_TRAINS


@pytest.fixture
def moved_run(workspace, texts, start, finished):
    """A run that ships its network with every weight of some stages scaled, so that how far they moved is known."""

    def make(frozen, factors):
        folder = workspace.runs.get(start(texts, "head-then-fine-tune", frozen=frozen))
        for name in ("status", "report", "proof", "details"):
            shutil.copy(workspace.runs.get(finished["text"].id).path / f"{name}.json", folder.path)
        tensors = build_classifier(folder.read_spec(), texts.n_classes).tensors(tuple(factors))
        scaled = {name: tensor * _factor(name, factors) for name, tensor in tensors.items()}
        folder.replace(folder.model_path, lambda path: safetensors.torch.save_file(scaled, path))
        return folder.id

    return make


def _factor(name, factors):
    return next((factor for stage, factor in factors.items() if name.startswith(f"stage.{stage}/")), 1.0)


def stage(name, weights, representation, *, trained=True):
    return StageDrift(name=name, trained=trained, weights=weights, representation=representation)


def drift(*stages):
    return Drift(stages=stages, n_samples=9, n_val=9, seconds=1.0, created_at="2026-01-01T12:00:00+00:00")


def test_frozen_stages_moved_by_exactly_nothing_and_trained_ones_as_far_as_they_did(workspace, moved_run):
    run_id = moved_run(TOP_LAYER_TRAINS["text"], {"layer.5": 1.25})
    found = measure_drift(workspace, run_id)
    *first, last = found.stages
    assert [(one.weights, one.representation, one.trained) for one in first] == [(0.0, 0.0, False)] * 6
    assert last.trained
    assert last.weights == pytest.approx(0.25)
    assert last.representation > 0
    assert load_drift(workspace, run_id) == found


def test_what_follows_a_moved_stage_answers_differently_though_its_weights_are_as_they_were(workspace, moved_run):
    later = tuple(f"layer.{n}" for n in range(1, 6))
    found = measure_drift(workspace, moved_run(later, {"embeddings": 1.0, "layer.0": 2.0}))
    embeddings, first, *others = found.stages
    assert (embeddings.weights, embeddings.representation) == (0.0, 0.0)
    assert first.weights == pytest.approx(1.0)
    assert all(one.weights == 0.0 and one.representation > 0 for one in others)
    assert "what enters them changed" in drift_in_words(found)


def test_full_fine_tuning_moves_every_stage(workspace, texts, start, execute):
    run = execute(start(texts, "full-fine-tuning", epochs=1))
    found = measure_drift(workspace, run.id)
    assert all(one.trained and one.weights > 0 for one in found.stages)
    assert found.n_samples == found.n_val == len(texts.rows("val"))


def test_what_was_measured_before_a_run_went_on_is_not_told_of_it(workspace, moved_run):
    run_id = moved_run(TOP_LAYER_TRAINS["text"], {"layer.5": 1.25})
    measure_drift(workspace, run_id)
    folder = workspace.runs.get(run_id)
    folder.write_status(replace(folder.read_status(), ended_at="2999-01-01T00:00:00+00:00"))
    assert load_drift(workspace, run_id) is None


def test_where_nothing_could_move_it_is_refused_with_the_reason(workspace, finished):
    run = finished["text"]
    with pytest.raises(ConfigurationError, match="Only the head was trained"):
        measure_drift(workspace, run.id)
    for strategy, reason in (("multi-stage-probe", "Only the head was trained"), ("from-scratch", "from scratch")):
        assert reason in why_no_drift(replace(run, spec=replace(run.spec, strategy=strategy)))
    tuned = replace(run, spec=replace(run.spec, strategy="lora"))
    assert why_no_drift(tuned) == ""
    kept = StateChosen(
        phase=1, kept="head", reason="not-clear", n=9, accuracy_gain=0.0, accuracy_error=0.1, loss_gain=0, loss_error=0
    )
    assert "ships the fitted head" in why_no_drift(replace(tuned, events=(kept,)))


def test_too_few_validation_samples_are_refused(workspace, moved_run, monkeypatch):
    monkeypatch.setattr(room, "MAX_SAMPLES", 3)
    with pytest.raises(ConfigurationError, match="found 3"):
        measure_drift(workspace, moved_run(TOP_LAYER_TRAINS["text"], {"layer.5": 1.25}))


def test_the_words_name_the_farthest_the_untouched_and_those_that_were_carried_along():
    first = [stage(f"layer.{n}", 0.0, 0.0, trained=False) for n in range(4)]
    last = [stage("layer.4", 0.01, 0.2), stage("layer.5", 0.01, 0.3)]
    assert drift_in_words(drift(*first, *last)) == (
        "layer.4 and layer.5 moved most; the first 4, layer.0 to layer.3, are as they were."
    )
    one_of_two = drift(stage("a", 0.0, 0.0, trained=False), stage("b", 0.1, 0.1), stage("c", 0.1, 0.01))
    assert drift_in_words(one_of_two) == "b moved most; a is as it was."
    alone = drift(stage("a", 0.1, 0.1), stage("b", 0.0, 0.2, trained=False))
    assert drift_in_words(alone) == "a moved alone. The weights of b are as they were, too, but what enters it changed."
    assert drift_in_words(drift(*first)).startswith("No stage moved")
    assert "b moved most" in drift_in_words(drift(stage("a", 0.001, None), stage("b", 0.1, 0.2)))
