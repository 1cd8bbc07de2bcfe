"""Why a finished run's model says what it says: the bundled networks, whole."""

import io

import numpy as np
import pytest
from PIL import Image

from core.errors import ConfigurationError, DatasetError, UnknownChoiceError
from core.explanation.methods import METHODS
from core.workflows.explain import explain_image, explain_text
from core.workflows.predict import predict_images, predict_texts
from core.workflows.review_run import review_rows
from tests.workflows.conftest import TOP_LAYER_TRAINS, picture

TEXT = "please refund the lamp i want my money back"
IMAGE_METHODS = [row.id for row in METHODS if row.modality == "image"]
TEXT_METHODS = [row.id for row in METHODS if row.modality == "text"]


@pytest.mark.parametrize("method", IMAGE_METHODS)
def test_the_answer_of_predict_is_explained(workspace, finished, method):
    run, image = finished["image"], picture("red", 3)
    (answer,) = predict_images(workspace, run.id, [("new", image)])
    found = explain_image(workspace, run.id, image, method=method)
    assert found.class_name == answer.label
    assert found.probability == pytest.approx(answer.probability, abs=1e-3)
    grid = np.array(found.grid)
    assert grid.ndim == 2
    assert grid.shape[0] == grid.shape[1]
    assert Image.open(io.BytesIO(found.picture)).width == Image.open(io.BytesIO(found.picture)).height
    assert found.sanity.n_heads > 1


@pytest.mark.parametrize("method", TEXT_METHODS)
def test_the_words_of_a_text_are_scored(workspace, finished, method):
    run = finished["text"]
    (answer,) = predict_texts(workspace, run.id, [TEXT])
    found = explain_text(workspace, run.id, TEXT, method=method)
    assert found.class_name == answer.label
    assert found.probability == pytest.approx(answer.probability, abs=1e-3)
    assert [word.text for word in found.words] == TEXT.split()
    assert all(word.is_read for word in found.words)
    assert found.sanity.changes
    if method == "integrated-gradients":
        assert found.residual < 0.05


def test_leaving_a_word_out_says_what_predict_says_without_it(workspace, finished):
    run = finished["text"]
    found = explain_text(workspace, run.id, TEXT, method="leave-one-word-out", class_name="refund")
    without = TEXT.replace("refund ", "")
    (answer,) = predict_texts(workspace, run.id, [without])
    word = next(word for word in found.words if word.text == "refund")
    assert word.probability_without == pytest.approx(dict(answer.probabilities)["refund"], abs=1e-3)
    assert (word.score > 0) == (word.probability_without < found.probability)


def test_the_class_can_be_chosen(workspace, finished):
    run = finished["text"]
    found = explain_text(workspace, run.id, TEXT, class_name="praise")
    assert found.class_name == "praise"
    assert found.probability < 0.5
    with pytest.raises(UnknownChoiceError, match="praise"):
        explain_text(workspace, run.id, TEXT, class_name="prais")


def test_words_behind_the_length_of_the_network_are_told_as_not_read(workspace, finished):
    found = explain_text(workspace, finished["text"].id, "refund " + "7-" * 100 + " lamp")
    assert [word.is_read for word in found.words] == [True, True, False]
    assert found.words[-1].score == pytest.approx(0.0, abs=1e-4)


@pytest.mark.parametrize(
    ("strategy", "modality"),
    [("multi-stage-probe", "image"), ("multi-stage-probe", "text"), ("head-then-fine-tune", "image")],
)
def test_trained_stages_and_joined_probes_are_explained(workspace, images, texts, start, execute, strategy, modality):
    is_image = modality == "image"
    frozen = TOP_LAYER_TRAINS[modality] if strategy == "head-then-fine-tune" else None
    run = execute(start(images if is_image else texts, strategy, frozen=frozen, epochs=1))
    if is_image:
        found = explain_image(workspace, run.id, picture("green", 1), method="grad-cam")
        assert (len(found.stages) > 1) == (strategy == "multi-stage-probe")
        assert np.ptp(np.array(found.grid)) > 0
        (answer,) = predict_images(workspace, run.id, [("new", picture("green", 1))])
    else:
        found = explain_text(workspace, run.id, TEXT, method="integrated-gradients")
        assert found.residual < 0.1
        assert {word.score for word in found.words} != {0.0}
        (answer,) = predict_texts(workspace, run.id, [TEXT])
    assert found.class_name == answer.label
    assert found.probability == pytest.approx(answer.probability, abs=0.01)


def test_merged_low_rank_adapters_are_explained(workspace, texts, start, execute):
    run = execute(start(texts, "lora", epochs=1))
    (answer,) = predict_texts(workspace, run.id, [TEXT])
    found = explain_text(workspace, run.id, TEXT)
    assert found.class_name == answer.label
    assert found.probability == pytest.approx(answer.probability, abs=0.01)


def test_what_cannot_be_explained_is_refused_with_a_remedy(workspace, finished):
    text_run, image_run = finished["text"], finished["image"]
    with pytest.raises(DatasetError, match="at least one word"):
        explain_text(workspace, text_run.id, "  ")
    with pytest.raises(UnknownChoiceError, match="integrated-gradients"):
        explain_text(workspace, text_run.id, TEXT, method="grad-cam")
    with pytest.raises(ConfigurationError, match="takes images"):
        explain_text(workspace, image_run.id, TEXT)
    with pytest.raises(DatasetError, match="cannot be used"):
        explain_image(workspace, image_run.id, b"no image")


def test_a_sample_of_the_report_can_be_explained(workspace, finished):
    run = finished["image"]
    (sample,) = review_rows(workspace, run.id, np.array([0]))
    path = workspace.datasets.image_path(sample.sample_id)
    found = explain_image(workspace, run.id, path)
    assert found.class_name == sample.predicted_class
