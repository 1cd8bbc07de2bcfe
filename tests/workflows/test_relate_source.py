"""Relating: from data to what the bundled network takes the classes for, and back from the disk."""

import dataclasses

import numpy as np
import pytest

from core.backbones.source_head import load_source_head
from core.errors import ConfigurationError, MissingWeightsError, UnknownChoiceError
from core.workflows import relate_source as room
from core.workflows.inspect_dataset import UploadedFile, inspect_dataset
from core.workflows.rank_backbones import rank_backbones
from core.workflows.relate_source import relate_source, why_not_related
from core.workflows.stored_relations import load_relation
from core.workflows.workspace import Workspace
from tests.conftest import make_image_zip


@pytest.fixture(scope="module")
def place(tmp_path_factory):
    """One of its own: what is cached here nobody else has computed, and the other way round."""
    return Workspace(tmp_path_factory.mktemp("relations"))


@pytest.fixture(scope="module")
def pictures(place, tmp_path_factory):
    """Red, blue and green pictures, 12 each."""
    file = tmp_path_factory.mktemp("upload") / "colours.zip"
    file.write_bytes(make_image_zip(("red", "blue", "green")))
    return inspect_dataset(place, [UploadedFile(name=file.name, path=file)])


@pytest.fixture(scope="module")
def relation(place, pictures):
    return relate_source(place, pictures)


def test_every_class_is_told_with_what_it_is_most_taken_for(relation, pictures):
    assert [one.class_name for one in relation.classes] == list(pictures.class_names)
    assert sum(one.n for one in relation.classes) == relation.n_samples == len(pictures.rows("train"))
    known = set(load_source_head("efficientnet-lite0").concept_names)
    for one in relation.classes:
        shares = [share for _, share in one.concepts]
        assert len(shares) == 5
        assert shares == sorted(shares, reverse=True)
        assert 0 < shares[-1] <= sum(shares) <= 1
        assert {name for name, _ in one.concepts} <= known


def test_the_kept_part_of_the_matrix_holds_what_the_sentences_say(relation):
    given_concept, given_class = np.array(relation.class_given_concept), np.array(relation.concept_given_class)
    assert given_concept.shape == given_class.T.shape == (len(relation.concept_names), len(relation.classes))
    np.testing.assert_allclose(given_concept.sum(axis=1), 1.0)
    for label, one in enumerate(relation.classes):
        order = np.argsort(-given_class[label], kind="stable")[: len(one.concepts)]
        assert [relation.concept_names[at] for at in order] == [name for name, _ in one.concepts]
        np.testing.assert_allclose(given_class[label][order], [share for _, share in one.concepts])


def test_colours_are_told_apart_without_training(relation):
    assert relation.score > relation.chance == pytest.approx(1 / 3)
    assert relation.standard_error > 0
    assert not relation.says_nothing
    assert relation.n_concepts == 1_000


def test_labels_that_mean_nothing_are_said_to_be_told_nothing_about(place, pictures):
    labels = pictures.labels.copy()
    train = pictures.rows("train")
    labels[train] = np.random.default_rng(4).permutation(labels[train])
    scrambled = dataclasses.replace(pictures, labels=labels, id="2" * 16)
    place.datasets.save(scrambled)
    assert relate_source(place, scrambled).says_nothing


def test_validation_and_test_are_never_looked_at(place, pictures, relation):
    labels = pictures.labels.copy()
    outside = pictures.splits != "train"
    labels[outside] = (labels[outside] + 1) % pictures.n_classes
    scrambled = dataclasses.replace(pictures, labels=labels, id="1" * 16)
    place.datasets.save(scrambled)
    other = relate_source(place, scrambled)
    assert (other.classes, other.score, other.log_expected_prediction) == (
        relation.classes,
        relation.score,
        relation.log_expected_prediction,
    )


def test_many_samples_are_thinned_out_class_by_class(place, pictures, monkeypatch):
    monkeypatch.setattr(room, "MAX_SAMPLES", 12)
    thinned = relate_source(place, pictures)
    assert thinned.n_samples == 12 < thinned.n_train
    counts = [one.n for one in thinned.classes]
    assert max(counts) - min(counts) <= 1


def test_a_class_without_training_samples_is_named_and_shown_as_such(place, pictures):
    splits = pictures.splits.copy()
    splits[pictures.labels == 1] = "val"
    partial = dataclasses.replace(pictures, splits=splits, id="3" * 16)
    place.datasets.save(partial)
    found = relate_source(place, partial)
    assert (found.classes[1].n, found.classes[1].concepts) == (0, ())
    assert found.chance == 0.5


def test_it_is_kept_and_found_again_for_its_dataset_and_backbone_only(place, pictures, texts):
    made = relate_source(place, pictures)
    assert load_relation(place, pictures, "efficientnet-lite0") == made
    assert load_relation(place, pictures, "../resnet18") is None
    assert load_relation(place, texts, "efficientnet-lite0") is None


def test_one_of_another_version_is_none(tmp_path, pictures, relation, place):
    file = next((place.root / "relations" / pictures.id).iterdir())
    own = tmp_path / "relations" / pictures.id
    own.mkdir(parents=True)
    (own / file.name).write_text('{"version": 0}')
    assert load_relation(Workspace(tmp_path), pictures, "efficientnet-lite0") is None


def test_ranking_and_relating_share_what_was_passed(place, pictures, relation):
    passed = place.cache.keys("")
    steps = []
    rank_backbones(place, pictures, models=["efficientnet-lite0"], on_progress=lambda step, *_: steps.append(step))
    assert place.cache.keys("") == passed
    assert not any("passing" in step for step in steps)


def test_a_network_for_texts_is_refused_with_the_reason(place, texts):
    with pytest.raises(ConfigurationError, match="guess words"):
        relate_source(place, texts)
    assert "guess words" in why_not_related("minilm-l6")


def test_what_cannot_be_asked_is_refused_before_anything_is_computed(place, pictures, texts, monkeypatch, tmp_path):
    monkeypatch.setenv("TORCH_HOME", str(tmp_path))
    monkeypatch.setenv("HEADSTART_WORKSPACE", str(tmp_path))
    with pytest.raises(UnknownChoiceError):
        relate_source(place, pictures, model="resnet17")
    with pytest.raises(ConfigurationError, match="takes images"):
        relate_source(place, texts, model="resnet18")
    with pytest.raises(ConfigurationError, match="thousand classes"):
        relate_source(place, pictures, model="vit-s16")
    with pytest.raises(MissingWeightsError):
        relate_source(place, pictures, model="resnet18")
    assert "not on this machine" in why_not_related("resnet18")
    assert why_not_related("efficientnet-lite0") == ""


def test_whoever_watches_can_end_it(place, pictures):
    def stop(*_):
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        relate_source(place, pictures, on_progress=stop)
