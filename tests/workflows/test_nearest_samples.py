"""The training samples nearest to an input, by what a run's network makes of both."""

import pytest

from core.errors import DatasetError
from core.workflows.nearest_samples import nearest_to_image, nearest_to_text
from tests.workflows.conftest import TOP_LAYER_TRAINS


def test_a_training_image_is_nearest_to_itself(workspace, images, finished):
    row = int(images.rows("train")[0])
    image = workspace.datasets.image_path(images.sample_ids[row])
    found = nearest_to_image(workspace, finished["image"].id, image, n=4)
    assert len(found.samples) == 4
    assert found.samples[0].sample_id == images.sample_ids[row]
    assert found.samples[0].similarity == pytest.approx(1.0, abs=1e-3)
    assert found.samples[0].thumbnail.is_file()
    assert found.n_looked_at == found.n_train == len(images.rows("train"))


def test_only_training_samples_are_near_and_they_carry_their_labels(workspace, texts, finished):
    found = nearest_to_text(workspace, finished["text"].id, "please give me my money back for the coat")
    train = {texts.texts[row]: texts.class_names[texts.labels[row]] for row in texts.rows("train")}
    assert all(train[sample.text] == sample.class_name for sample in found.samples)
    assert found.samples[0].class_name == "refund"
    similarities = [sample.similarity for sample in found.samples]
    assert similarities == sorted(similarities, reverse=True)


def test_a_frozen_network_finds_its_features_in_the_cache(workspace, texts, finished, monkeypatch):
    def refuse(*_args, **_options):
        raise AssertionError("a pass was made")

    monkeypatch.setattr("core.features.passing.build_pass", refuse)
    assert nearest_to_text(workspace, finished["text"].id, texts.texts[0]).samples


def test_a_trained_network_is_asked_itself(workspace, texts, start, execute):
    run = execute(start(texts, "head-then-fine-tune", frozen=TOP_LAYER_TRAINS["text"], epochs=1))
    row = int(texts.rows("train")[0])
    found = nearest_to_text(workspace, run.id, texts.texts[row])
    assert found.samples[0].text == texts.texts[row]
    assert found.samples[0].similarity > 0.98


def test_an_empty_text_is_near_to_nothing(workspace, finished):
    with pytest.raises(DatasetError, match="at least one word"):
        nearest_to_text(workspace, finished["text"].id, " ")
