"""The map of a run: which planes it has, what each point knows, and that it is read and not drawn again."""

import shutil
from dataclasses import replace

import numpy as np
import pytest
import safetensors.torch

from core.errors import ConfigurationError
from core.evaluation import plane
from core.workflows import map_samples as room
from core.workflows.build_classifier import build_classifier
from core.workflows.map_samples import draw_map, load_map, map_in_words, mapped_samples, mapped_texts
from core.workflows.show_run import read_predictions
from tests.workflows.conftest import TOP_LAYER_TRAINS


@pytest.fixture(scope="module")
def drawn(workspace, finished):
    return draw_map(workspace, finished["image"].id, "pca")


@pytest.fixture
def moved_run(workspace, texts, start, finished):
    """A run whose last layer moved, made from a finished one that fitted a head only."""

    def make(strategy, frozen=None):
        folder = workspace.runs.get(start(texts, strategy, frozen=frozen))
        template = workspace.runs.get(finished["text"].id)
        for name in ("status.json", "report.json", "proof.json", "details.json", "predictions.parquet"):
            shutil.copy(template.path / name, folder.path)
        tensors = build_classifier(folder.read_spec(), texts.n_classes).tensors(("layer.5",))
        moved = {name: tensor * 1.5 for name, tensor in tensors.items()}
        folder.replace(folder.model_path, lambda path: safetensors.torch.save_file(moved, path))
        return folder.id

    return make


def test_every_sample_is_a_point_with_its_label_split_and_the_answer_that_was_reported(
    workspace, drawn, images, finished
):
    np.testing.assert_array_equal(drawn.rows, np.arange(images.n_samples))
    np.testing.assert_array_equal(drawn.labels, images.labels)
    np.testing.assert_array_equal(drawn.splits, images.splits)
    table = read_predictions(workspace, finished["image"].id)
    told = dict(zip(table.sample_ids, table.predictions, strict=True))
    for point in np.flatnonzero(drawn.splits != "train"):
        assert drawn.predictions[point] == told[images.sample_ids[point]]
    assert ((drawn.probabilities > 0) & (drawn.probabilities <= 1)).all()


def test_a_run_that_trained_no_stage_has_one_plane(drawn, images):
    (only,) = drawn.planes
    assert only.state == "frozen"
    assert only.positions.shape == (images.n_samples, 2)
    assert 0 < only.shares[1] <= only.shares[0] <= 1


def test_it_is_read_again_as_it_was_drawn(workspace, drawn, finished):
    again = load_map(workspace, finished["image"].id, "pca")
    for name in ("rows", "labels", "predictions", "probabilities", "splits"):
        np.testing.assert_array_equal(getattr(again, name), getattr(drawn, name))
    np.testing.assert_array_equal(again.planes[0].positions, drawn.planes[0].positions)
    assert (again.planes[0].shares, again.n_all, again.method) == (drawn.planes[0].shares, drawn.n_all, "pca")
    assert load_map(workspace, finished["image"].id, "tsne") is None


def test_a_run_that_moved_stages_has_a_plane_before_and_one_after(workspace, moved_run):
    found = draw_map(workspace, moved_run("head-then-fine-tune", TOP_LAYER_TRAINS["text"]), "pca")
    before, after = found.planes
    assert (before.state, after.state) == ("before", "after")
    assert not np.allclose(before.positions, after.positions)
    assert (before.positions * after.positions).sum() > 0  # turned to lie as the first does


def test_from_scratch_there_is_nothing_before(workspace, moved_run):
    found = draw_map(workspace, moved_run("from-scratch"), "pca")
    assert [one.state for one in found.planes] == ["after"]


def test_a_head_on_all_stages_is_mapped_by_the_features_of_all(workspace, texts, start, execute):
    run = execute(start(texts, "multi-stage-probe"))
    found = draw_map(workspace, run.id, "pca")
    assert [one.state for one in found.planes] == ["frozen"]
    assert (found.labels == found.predictions)[found.splits == "train"].mean() > 0.8


def test_neighbours_have_a_map_of_their_own(workspace, finished, drawn, monkeypatch):
    monkeypatch.setattr(plane, "MAX_ITERATIONS", 260)
    found = draw_map(workspace, finished["image"].id, "tsne")
    assert found.planes[0].shares == ()
    assert not np.allclose(found.planes[0].positions, drawn.planes[0].positions)
    np.testing.assert_array_equal(
        load_map(workspace, finished["image"].id, "pca").planes[0].positions, drawn.planes[0].positions
    )


def test_many_samples_are_thinned_out_class_by_class(workspace, finished, monkeypatch):
    monkeypatch.setattr(room, "MAX_SAMPLES", 12)
    found = draw_map(workspace, finished["text"].id, "pca")
    assert found.n_samples == 12 < found.n_all
    assert np.bincount(found.labels).tolist() == [4, 4, 4]


def test_samples_that_were_not_reported_are_decided_for_as_the_run_decides(workspace, moved_run, texts):
    run_id = moved_run("head-then-fine-tune", TOP_LAYER_TRAINS["text"])
    tuned = {"values": [30.0, 0.0, 0.0], "n": 40, "macro_f1_before": 0.5, "macro_f1": 0.6, "why": ""}
    workspace.runs.get(run_id).write_json("decision", tuned)
    found = draw_map(workspace, run_id, "pca")
    assert (found.predictions[found.splits == "train"] == 0).all()
    assert (found.probabilities <= 1).all()


def test_one_of_before_a_run_went_on_is_not_told_of_it(workspace, moved_run):
    run_id = moved_run("head-then-fine-tune", TOP_LAYER_TRAINS["text"])
    draw_map(workspace, run_id, "pca")
    folder = workspace.runs.get(run_id)
    folder.write_status(replace(folder.read_status(), ended_at="2999-01-01T00:00:00+00:00"))
    assert load_map(workspace, run_id, "pca") is None


def test_points_lead_to_their_samples(workspace, finished, drawn, images, texts):
    (sample,) = mapped_samples(workspace, finished["image"].id, drawn, [5])
    assert (sample.sample_id, sample.true_class) == (images.sample_ids[5], images.class_names[images.labels[5]])
    assert sample.thumbnail.is_file()
    assert mapped_texts(workspace, finished["image"].id, drawn) == ()
    of_texts = draw_map(workspace, finished["text"].id, "pca")
    told = mapped_texts(workspace, finished["text"].id, of_texts)
    (text,) = mapped_samples(workspace, finished["text"].id, of_texts, [2])
    assert text.text == told[2] == texts.texts[of_texts.rows[2]]


def test_a_run_without_a_model_is_refused(workspace, texts, start):
    with pytest.raises(ConfigurationError, match="no model yet; it is"):
        draw_map(workspace, start(texts, "feature-extraction"), "pca")


@pytest.mark.parametrize(
    ("strategy", "words"),
    [
        ("feature-extraction", "same before and after"),
        ("multi-stage-probe", "features of all stages"),
        ("from-scratch", "began with random weights"),
        ("lora", "Where stages moved"),
    ],
)
def test_the_words_say_why_there_is_one_map_or_two(finished, strategy, words):
    run = finished["text"]
    assert words in map_in_words(replace(run, spec=replace(run.spec, strategy=strategy)))
