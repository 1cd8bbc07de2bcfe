"""What can be taken along from a finished run, looked at and asked."""

import csv
import io
import json
import threading

import numpy as np
import pytest

from core.datasets.decode import ImageError
from core.errors import ConfigurationError, DatasetError, UnknownChoiceError
from core.training.events import EpochDone
from core.workflows.export_run import export_predictions, export_report
from core.workflows.predict import predict_files, predict_images, predict_texts
from core.workflows.review_run import cell_samples, most_wrong
from core.workflows.show_run import show_run
from core.workflows.stored_checks import DataCheck, save_check
from tests.workflows.conftest import TOP_LAYER_TRAINS, picture


@pytest.mark.parametrize("modality", ["image", "text"])
def test_the_csv_holds_every_held_out_sample_with_its_probabilities(workspace, finished, images, texts, modality):
    dataset = images if modality == "image" else texts
    rows = list(csv.DictReader(io.StringIO(export_predictions(workspace, finished[modality].id).decode("utf-8-sig"))))
    report = finished[modality].report
    assert len(rows) == sum(part.n for part in report.splits)
    assert ("text" in rows[0]) == (modality == "text")
    for split in report.splits:
        hits = [row["correct"] == "yes" for row in rows if row["split"] == split.split]
        assert np.mean(hits) == pytest.approx(split.accuracy.value)
    for row in rows:
        probs = [float(row[f"probability of {name}"]) for name in dataset.class_names]
        assert sum(probs) == pytest.approx(1, abs=1e-4)
        assert float(row["probability"]) == max(probs)
    if modality == "text":
        assert {row["text"] for row in rows} <= set(dataset.texts)


def test_the_json_holds_settings_report_and_freeze_proof(workspace, finished):
    values = json.loads(export_report(workspace, finished["image"].id))
    assert values["spec"]["model"] == "efficientnet-lite0"
    assert values["freeze_proof"]["n_changed"] == 0
    assert values["report"]["splits"][0]["n"] == finished["image"].report.splits[0].n


@pytest.mark.parametrize("export", [export_predictions, export_report])
def test_a_run_without_a_report_exports_nothing(workspace, texts, start, export):
    with pytest.raises(ConfigurationError, match="no report yet"):
        export(workspace, start(texts, "feature-extraction"))


@pytest.mark.parametrize("modality", ["image", "text"])
def test_the_cells_of_the_confusion_matrix_hold_exactly_the_samples_they_count(workspace, finished, modality):
    view = finished[modality]
    for part in view.report.splits:
        for true_class, counts in zip(view.class_names, part.confusion_matrix, strict=True):
            for predicted_class, n in zip(view.class_names, counts, strict=True):
                found = cell_samples(workspace, view.id, part.split, true_class, predicted_class)
                assert len(found) == n
                assert {(sample.true_class, sample.predicted_class) for sample in found} <= {
                    (true_class, predicted_class)
                }
                for sample in found:
                    assert bool(sample.text) == (modality == "text")
                    assert (sample.thumbnail is not None and sample.thumbnail.exists()) == (modality == "image")
                    assert 1 / 3 <= sample.probability <= 1


def test_a_class_nobody_knows_has_no_cell(workspace, finished):
    with pytest.raises(UnknownChoiceError, match='Did you mean "refund"'):
        cell_samples(workspace, finished["text"].id, "val", "refunds", "praise")


@pytest.mark.parametrize("modality", ["image", "text"])
def test_the_most_wrong_samples_are_wrong_and_come_surest_first(workspace, finished, modality):
    view = finished[modality]
    for part in view.report.splits:
        found = most_wrong(workspace, view.id, part.split, n=5)
        n_wrong = part.n - sum(part.confusion_matrix[label][label] for label in range(3))
        assert len(found) == min(5, n_wrong)
        assert all(sample.true_class != sample.predicted_class for sample in found)
        assert [sample.probability for sample in found] == sorted((s.probability for s in found), reverse=True)


def test_predictions_come_in_the_order_of_the_inputs_and_sum_to_one(workspace, finished):
    inputs = ["please refund the lamp, it was charged twice", "best coat i ever had", "tracking of the chair"] * 20
    found = predict_texts(workspace, finished["text"].id, inputs)
    assert [prediction.input for prediction in found] == inputs
    assert [prediction.label for prediction in found[:3]] == ["refund", "praise", "delivery"]
    for prediction in found:
        assert sum(prob for _, prob in prediction.probabilities) == pytest.approx(1, abs=1e-5)
        assert dict(prediction.probabilities)[prediction.label] == prediction.probability


def test_images_are_predicted_from_bytes_and_files_alike(workspace, finished, tmp_path):
    content = picture("red", 77)
    (tmp_path / "red.png").write_bytes(content)
    from_bytes = predict_images(workspace, finished["image"].id, [("camera", content)])[0]
    from_file = predict_files(workspace, finished["image"].id, [str(tmp_path / "red.png")])[0]
    assert from_bytes.label == "red"
    assert from_bytes.probabilities == from_file.probabilities


def test_what_cannot_be_predicted_is_refused_with_words(workspace, finished, images, start):
    with pytest.raises(DatasetError, match="Text 2 of 2 is empty"):
        predict_texts(workspace, finished["text"].id, ["hello", "  "])
    with pytest.raises(ConfigurationError, match="takes images, not texts"):
        predict_texts(workspace, finished["image"].id, ["hello"])
    with pytest.raises(ConfigurationError, match='no model yet; it is "interrupted"'):
        predict_images(workspace, start(images, "feature-extraction"), [("x", picture("red", 1))])
    with pytest.raises((DatasetError, ImageError)):
        predict_images(workspace, finished["image"].id, [("x", b"no image")])
    with pytest.raises(DatasetError, match="no file"):
        predict_files(workspace, finished["image"].id, ["nowhere.png"])


@pytest.mark.parametrize("modality", ["image", "text"])
def test_predicting_neither_waits_for_a_training_nor_changes_its_numbers(
    workspace, finished, images, texts, start, execute, modality
):
    dataset = images if modality == "image" else texts
    frozen = TOP_LAYER_TRAINS[modality]
    asked, within, predicted = [], threading.Event(), threading.Event()
    waited = []
    execute(start(dataset, "head-then-fine-tune", frozen=frozen))  # fills the cache, so that both ask equally often
    alone = execute(start(dataset, "head-then-fine-tune", frozen=frozen), lambda: asked.append(None))
    n_left = len(asked) - 5

    def pause_in_the_last_epoch():
        nonlocal n_left
        n_left -= 1
        if n_left == 0:
            within.set()  # the training goes no further until the prediction is there
            waited.append(predicted.wait(timeout=30))

    run_id = start(dataset, "head-then-fine-tune", frozen=frozen)
    views = []
    thread = threading.Thread(target=lambda: views.append(execute(run_id, pause_in_the_last_epoch)))
    thread.start()
    messages = texts.texts[:4]
    early = predict_texts(workspace, finished["text"].id, messages)
    assert within.wait(timeout=30)
    during = predict_texts(workspace, finished["text"].id, messages)
    predicted.set()
    late = predict_texts(workspace, finished["text"].id, messages)
    thread.join()
    assert waited == [True]
    assert early == during == late
    assert losses(views[0]) == losses(alone)
    assert views[0].report == alone.report


def losses(view):
    return [(event.train_loss, event.val_loss) for event in view.events if isinstance(event, EpochDone)]


def test_a_run_is_shown_with_what_became_known_against_its_split_later(workspace, finished, texts):
    run, copies = finished["text"], list(range(texts.n_samples))
    assert not any("near copy" in warning for warning in run.report.warnings)
    copies[int(texts.rows("val")[0])] = copies[int(texts.rows("train")[0])]
    save_check(
        workspace,
        DataCheck(dataset_id=texts.id, findings=(), copies=tuple(copies), seconds=1.0, created_at="2026-01-01"),
    )
    try:
        warned = show_run(workspace, run.id).report
    finally:
        (workspace.root / "checks" / f"{texts.id}.json").unlink()
    assert "have a copy or near copy in another part" in warned.warnings[0]
    assert warned.warnings[1:] == run.report.warnings
