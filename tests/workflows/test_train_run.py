"""Real runs of real networks on tiny data: to the end, stopped, killed, resumed and failed."""

import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from safetensors.torch import load_file

from core.backbones.catalogue import DEFAULT_BACKBONES
from core.backbones.measuring import count_outputs, describe_backbone
from core.errors import ConfigurationError, UnknownChoiceError
from core.features.cache import ArrayCache
from core.features.room import activation_bytes
from core.training.events import EpochDone
from core.training.spec import TrainingSpec
from core.training.strategies import get_strategy, list_strategies
from core.workflows.plan_run import RunChoices, is_offered, plan_run
from core.workflows.predict import predict_images, predict_texts
from core.workflows.show_run import list_runs, read_predictions, show_run
from core.workflows.train_run import create_run, execute_run
from core.workflows.workspace import Workspace
from tests.workflows.conftest import QUICK, TOP_LAYER_TRAINS


def told(view):
    """The history without durations."""
    return [replace(event, elapsed_s=0.0) if hasattr(event, "elapsed_s") else event for event in view.events]


def assert_equal_runs(one, other):
    assert told(one) == told(other)
    assert one.report == other.report
    assert one.proof == other.proof


@pytest.mark.parametrize(
    ("strategy", "modality"),
    [
        (row.id, modality)
        for row in list_strategies()
        for modality in ("image", "text")
        if is_offered(row.id, DEFAULT_BACKBONES[modality])
    ],
)
def test_every_strategy_runs_to_a_report_and_predicts_what_the_report_says(
    workspace, images, texts, start, execute, strategy, modality
):
    dataset = images if modality == "image" else texts
    chooses = get_strategy(strategy).freezes == "some"
    epochs = 1 if modality == "text" else 2
    run_id = start(dataset, strategy, frozen=TOP_LAYER_TRAINS[modality] if chooses else None, epochs=epochs)
    view = execute(run_id)
    assert (view.status.state, view.status.error) == ("finished", None)
    assert view.is_readable
    assert view.proof.n_changed == 0
    assert (view.proof.n_tensors > 0) == (strategy not in ("full-fine-tuning", "from-scratch"))
    assert view.report.split("val").n == len(dataset.rows("val"))
    assert view.report.split("test").n == len(dataset.rows("test"))
    assert {name for name, _ in view.status.seconds} == {"load", "features", "train", "evaluate", "total"}
    assert workspace.runs.get(run_id).model_path.stat().st_size > 1000
    assert_predictions_are_those_of_the_report(workspace, dataset, run_id)


def assert_predictions_are_those_of_the_report(workspace, dataset, run_id):
    table = read_predictions(workspace, run_id)
    assert table.n_samples == len(dataset.rows("val")) + len(dataset.rows("test"))
    rows = [0, 3, table.n_samples - 1]
    ids = [table.sample_ids[row] for row in rows]
    if dataset.modality == "image":
        found = predict_images(workspace, run_id, [("x", workspace.datasets.image_path(name)) for name in ids])
    else:
        text_of = dict(zip(dataset.sample_ids, dataset.texts, strict=True))
        found = predict_texts(workspace, run_id, [text_of[name] for name in ids])
    probs = np.array([[prob for _, prob in prediction.probabilities] for prediction in found])
    np.testing.assert_allclose(probs, table.probs[rows], atol=1e-3)
    assert [prediction.label for prediction in found] == [dataset.class_names[table.predictions[row]] for row in rows]


def test_a_frozen_stage_in_the_middle_stays_while_its_neighbours_move(images, start, execute):
    view = execute(start(images, "head-then-fine-tune", frozen=("blocks.2",), learning_rate=1e-2, epochs=1))
    assert view.status.state == "finished"
    assert view.proof.n_changed == 0
    assert view.proof.n_tensors > 0
    assert "blocks.2" not in dict(view.proof.movement)
    assert {"blocks.1", "blocks.3", "head"} <= set(dict(view.proof.movement))


def test_where_norms_and_biases_train_the_run_counts_them_and_proves_that_all_else_stayed(
    workspace, images, start, execute
):
    frozen = TOP_LAYER_TRAINS["image"]
    whole = execute(start(images, "head-then-fine-tune", frozen=frozen, epochs=1))
    run_id = start(images, "norms-and-biases", frozen=frozen, learning_rate=1e-2, epochs=1)
    view = execute(run_id)
    plan = plan_run(workspace, RunChoices(dataset_id=images.id, strategy="norms-and-biases", frozen_stages=frozen))
    assert view.parameters == plan.parameters
    assert view.parameters.trainable < whole.parameters.trainable / 10
    assert view.proof.n_changed == 0
    assert view.proof.n_tensors > whole.proof.n_tensors
    assert {name for name, _ in view.proof.movement} == {"blocks.6", "conv_head", "head"}
    assert workspace.runs.get(run_id).read_details()["cut"] == len(frozen)
    assert workspace.runs.get(run_id).model_path.stat().st_size < 100_000


def test_a_head_on_all_stages_is_as_wide_as_they_are_together_and_the_file_holds_it_alone(
    workspace, texts, start, execute
):
    run_id = start(texts, "multi-stage-probe")
    view = execute(run_id)
    stored = load_file(workspace.runs.get(run_id).model_path)
    assert {name: tuple(tensor.shape) for name, tensor in stored.items()} == {
        "head.weight": (3, 7 * 384),
        "head.bias": (3,),
    }
    assert view.parameters.trainable == 3 * 7 * 384 + 3
    assert view.first_estimate.n == len(texts.rows("train"))


def test_a_run_with_adapters_leaves_plain_weights_that_need_no_adapters_to_predict(
    workspace, texts, start, execute, monkeypatch
):
    run_id = start(texts, "lora", frozen=TOP_LAYER_TRAINS["text"], learning_rate=3e-2, epochs=2)
    view = execute(run_id)
    stored = load_file(workspace.runs.get(run_id).model_path)
    projections = {f"stage.layer.5/layer.attention.self.{name}.weight" for name in ("query", "value")}
    assert stored.keys() == {"head.weight", "head.bias", *projections}
    assert view.parameters.trainable == 2 * 8 * (384 + 384) + 3 * 384 + 3
    assert view.proof.n_changed == 0
    assert {name for name, _ in view.proof.movement} == {"layer.5", "head"}
    monkeypatch.setitem(sys.modules, "peft", None)
    assert_predictions_are_those_of_the_report(workspace, texts, run_id)


class After:
    """Says `reason` from the n-th time on that it is asked."""

    def __init__(self, n, reason):
        self.n, self.reason = n, reason

    def __call__(self):
        self.n -= 1
        return self.reason if self.n < 0 else None


class Count:
    def __init__(self):
        self.n = 0

    def __call__(self):
        self.n += 1


@pytest.fixture(scope="module")
def n_questions(workspace, images):
    """How often a whole run asks whether it should stop, and the run itself."""
    for counter in (Count(), Count()):  # the second run finds the cache filled, as all later ones do
        run_id = _store(workspace, images, QUICK)
        execute_run(workspace.root, run_id, should_stop=counter)
    view = show_run(workspace, run_id)
    # On so few samples the fitted head makes no mistake and stays; what this rests on tells of every step before.
    assert view.state_chosen.loss_gain > 0
    return counter.n, view


def _store(workspace, dataset, settings):
    choices = RunChoices(
        dataset_id=dataset.id,
        strategy="head-then-fine-tune",
        freeze_until="blocks.4",
        settings={
            **settings,
            "epochs": 4,
            "optimizer": "adamw",
            "learning_rate": 1e-4,
            "head_learning_rate": 1e-2,
            "label_smoothing": 0.0,
        },
    )
    return create_run(workspace, plan_run(workspace, choices).spec)


@pytest.fixture
def fine_tuning(workspace, images):
    return lambda: _store(workspace, images, QUICK)


def test_a_run_stopped_by_a_person_keeps_the_best_so_far_and_reports_it(fine_tuning, execute, n_questions):
    n, whole = n_questions
    view = execute(fine_tuning(), After(n - 19, "person"))
    assert view.status.state == "stopped"
    assert view.is_readable
    epochs = [event for event in view.events if isinstance(event, EpochDone)]
    assert len(epochs) < len([event for event in whole.events if isinstance(event, EpochDone)])
    best = [epoch for epoch in epochs if epoch.is_best][-1]
    assert view.report.split("val").loss == pytest.approx(best.val_loss, abs=1e-4)


@pytest.mark.parametrize("n_before_the_end", [1, 3])
def test_a_stop_that_comes_at_the_very_end_loses_nothing(fine_tuning, execute, n_questions, n_before_the_end):
    n, whole = n_questions
    view = execute(fine_tuning(), After(n - n_before_the_end, "person"))
    assert view.status.state in ("stopped", "finished")
    assert view.is_readable
    assert view.report.split("val").n == whole.report.split("val").n


def test_a_run_stopped_before_there_is_anything_to_keep_has_no_report(fine_tuning, execute):
    view = execute(fine_tuning(), After(1, "person"))
    assert view.status.state == "stopped"
    assert not view.is_readable
    assert view.report is None


@pytest.mark.parametrize("share", [0.5, 1.0])
def test_a_run_interrupted_by_a_shutdown_goes_on_to_the_numbers_of_an_uninterrupted_one(
    fine_tuning, execute, n_questions, share
):
    n, whole = n_questions
    run_id = fine_tuning()
    view = execute(run_id, After(int(share * (n - 1)), "shutdown"))
    assert view.status.state == "interrupted"
    assert not view.is_readable
    view = execute(run_id)
    assert view.status.state == "finished"
    assert_equal_runs(view, whole)


def test_a_stopped_run_that_goes_on_predicts_with_its_new_weights(workspace, images, fine_tuning, execute, n_questions):
    n, whole = n_questions
    run_id = fine_tuning()
    execute(run_id, After(n - 12, "person"))
    assert_predictions_are_those_of_the_report(workspace, images, run_id)
    assert_equal_runs(execute(run_id), whole)
    assert_predictions_are_those_of_the_report(workspace, images, run_id)


KILLED = """
import os, signal, sys
from pathlib import Path
from core.workflows.train_run import execute_run

left = int(sys.argv[3])

def kill_in_the_middle():
    global left
    left -= 1
    if left < 0:
        os.kill(os.getpid(), signal.SIGKILL)

execute_run(Path(sys.argv[1]), sys.argv[2], should_stop=kill_in_the_middle)
"""


def test_a_run_killed_in_the_middle_of_training_resumes_to_exactly_the_same_numbers(
    workspace, fine_tuning, execute, n_questions
):
    n, whole = n_questions
    run_id = fine_tuning()
    command = [sys.executable, "-c", KILLED, str(workspace.root), run_id, str(n - 20)]
    killed = subprocess.run(command, cwd=Path(__file__).parents[2], capture_output=True, timeout=120, check=False)
    assert killed.returncode == -9, killed.stderr.decode()
    assert show_run(workspace, run_id).status.state == "interrupted"
    assert any(isinstance(event, EpochDone) and event.phase == 1 for event in show_run(workspace, run_id).events)
    assert run_id in workspace.runs.reconcile()
    view = execute(run_id)
    assert view.status.state == "finished"
    assert_equal_runs(view, whole)


def test_a_finished_run_is_not_executed_again(workspace, finished):
    with pytest.raises(ConfigurationError, match="finished"):
        execute_run(workspace.root, finished["text"].id, should_stop=lambda: None)


def test_a_run_nobody_stored_cannot_be_executed(workspace):
    with pytest.raises(UnknownChoiceError):
        execute_run(workspace.root, "20200101-000000-0000", should_stop=lambda: None)


def test_lack_of_memory_is_stored_in_the_run_with_a_remedy(texts, start, execute):
    def no_memory():
        torch.empty(10**15)

    view = execute(start(texts, "feature-extraction"), no_memory)
    assert view.status.state == "failed"
    assert view.status.error.code == "out_of_resources"
    assert "batch size" in view.status.error.remedy


def test_a_fault_of_ours_is_logged_stored_and_raised(workspace, texts, start):
    run_id = start(texts, "feature-extraction")

    def broken():
        raise ZeroDivisionError("a bug")

    with pytest.raises(ZeroDivisionError):
        execute_run(workspace.root, run_id, should_stop=broken)
    view = show_run(workspace, run_id)
    assert (view.status.state, view.status.error.code) == ("failed", "fault")
    assert "a bug" not in view.status.error.problem
    assert "ZeroDivisionError: a bug" in workspace.runs.get(run_id).log_path.read_text()


def test_missing_weights_are_stored_in_the_run_with_row_reason_and_both_remedies(
    workspace, images, execute, tmp_path, monkeypatch
):
    monkeypatch.setenv("TORCH_HOME", str(tmp_path / "torch"))
    monkeypatch.setenv("https_proxy", "http://127.0.0.1:9")  # nothing listens there: as if there were no network
    spec = TrainingSpec(dataset_id=images.id, model="resnet18", strategy="feature-extraction", frozen_stages=())
    view = execute(create_run(workspace, spec))
    assert view.status.state == "failed"
    error = view.status.error
    assert error.code == "missing_weights"
    assert "ResNet-18" in error.problem
    assert "download failed" in error.problem
    assert "EfficientNet-Lite0" in error.remedy
    assert str(tmp_path / "torch") in error.remedy


def test_a_card_tells_the_curve_of_the_epochs_trained(workspace, n_questions):
    _, view = n_questions
    card = next(card for card in list_runs(workspace) if card.id == view.id)
    curve = [event.val_macro_f1 for event in view.events if isinstance(event, EpochDone)]
    assert len(card.val_macro_f1) >= 4
    assert list(card.val_macro_f1) == curve[-len(card.val_macro_f1) :]


def test_runs_are_listed_newest_first_with_their_numbers(workspace, finished):
    cards = {card.id: card for card in list_runs(workspace)}
    card = cards[finished["image"].id]
    assert (card.dataset_name, card.model_title, card.strategy_title) == (
        "colours",
        "EfficientNet-Lite0",
        "Feature extraction",
    )
    assert card.accuracy == finished["image"].report.split("val").accuracy.value
    created = [card.status.created_at for card in list_runs(workspace)]
    assert created == sorted(created, reverse=True)


def test_a_run_in_another_workspace_is_unknown(finished, tmp_path):
    with pytest.raises(UnknownChoiceError):
        show_run(Workspace(tmp_path), finished["image"].id)


def test_where_the_disk_has_no_room_for_the_cut_a_shallower_one_is_kept_and_the_run_says_so(
    images, start, execute, workspace, monkeypatch
):
    sizes = count_outputs("efficientnet-lite0", QUICK["image_size_px"])
    stages = describe_backbone("efficientnet-lite0").stage_names
    assert sizes[4] < sizes[5]
    monkeypatch.setattr(ArrayCache, "room_bytes", activation_bytes(sizes[4], images.n_samples))
    shallow = start(images, "head-then-fine-tune", frozen=stages[:6], epochs=1, n_views=1)
    view = execute(shallow)
    assert view.status.state == "finished"
    assert view.proof.n_changed == 0
    assert workspace.runs.get(shallow).read_details()["cut"] == 5
    assert f"so {stages[5]} ran in every epoch" in view.kept
    assert_predictions_are_those_of_the_report(workspace, images, shallow)


def test_views_are_learned_from_and_the_report_is_on_the_images_themselves(images, start, execute, workspace):
    run_id = start(
        images,
        "head-then-fine-tune",
        frozen=describe_backbone("efficientnet-lite0").stage_names[:7],
        epochs=2,
        n_views=3,
    )
    view = execute(run_id)
    assert view.status.state == "finished"
    assert view.kept == ""
    assert view.report.split("val").n == images.split_sizes()["val"]
    assert_predictions_are_those_of_the_report(workspace, images, run_id)
