"""Shifted inputs: answered together as each would be alone, and held against the answer to the input itself."""

import pytest

from core.errors import ConfigurationError, DatasetError
from core.workflows.combine_runs import combine_runs
from core.workflows.predict import predict_images, predict_texts
from core.workflows.shift_input import shift_image, shift_text
from tests.workflows.conftest import picture


def test_the_original_is_answered_exactly_as_it_is_alone(workspace, finished):
    image = picture("red", 1)
    (alone,) = predict_images(workspace, finished["image"].id, [("a", image)])
    found = shift_image(workspace, finished["image"].id, image, 0.5)
    assert found.original.probability == pytest.approx(alone.probability, abs=1e-4)
    assert found.picture.startswith(b"\xff\xd8")


def test_changes_are_those_of_the_class_that_was_answered_and_flips_are_named(workspace, finished):
    found = shift_image(workspace, finished["image"].id, picture("red", 1), 1.0)
    for one in found.shifted:
        now = dict(one.prediction.probabilities)[found.original.label]
        assert one.change == pytest.approx(now - found.original.probability)
        assert one.is_flipped == (one.prediction.label != found.original.label)
    assert found.flipped == tuple(one for one in found.shifted if one.is_flipped)
    assert found.weakest.change == min(one.change for one in found.shifted)


def test_without_its_colour_a_red_picture_is_no_longer_red(workspace, finished):
    found = shift_image(workspace, finished["image"].id, picture("red", 1), 1.0)
    assert found.original.label == "red"
    assert "Greyer" in {one.title for one in found.flipped}


def test_a_shifted_text_gets_the_answer_it_gets_alone(workspace, finished):
    found = shift_text(workspace, finished["text"].id, "where is my lamp parcel", 0.5)
    for one in found.shifted:
        (alone,) = predict_texts(workspace, finished["text"].id, [one.text])
        assert one.prediction.label == alone.label
        assert one.prediction.probability == pytest.approx(alone.probability, abs=1e-3)


def test_where_there_is_nothing_to_shift_that_is_said(workspace, finished):
    found = {one.title: one for one in shift_text(workspace, finished["text"].id, "where is my parcel", 0.5).shifted}
    assert found["No punctuation"].is_same
    assert found["Small letters"].is_same
    assert not found["CAPITALS"].is_same


def test_a_text_of_which_a_shift_would_leave_nothing_stays_as_it_is(workspace, finished):
    found = {one.title: one for one in shift_text(workspace, finished["text"].id, "?!", 1.0).shifted}
    assert found["No punctuation"].text == "?!"


def test_a_run_put_together_from_others_is_asked_like_any_other(workspace, finished, images, start, execute):
    other = execute(start(images, "feature-extraction", image_size_px=48))
    combined_id = combine_runs(workspace, [finished["image"].id, other.id])
    found = shift_image(workspace, combined_id, picture("green", 1), 0.5)
    (alone,) = predict_images(workspace, combined_id, [("a", picture("green", 1))])
    assert found.original.label == alone.label
    assert len(found.shifted) == 8


@pytest.mark.parametrize("strength", [0, -0.5, 1.5])
def test_a_strength_that_is_none_is_refused(workspace, finished, strength):
    with pytest.raises(ConfigurationError, match="strength"):
        shift_text(workspace, finished["text"].id, "where", strength)


def test_an_empty_text_and_what_is_no_image_are_refused(workspace, finished):
    with pytest.raises(DatasetError):
        shift_text(workspace, finished["text"].id, "  ", 0.5)
    with pytest.raises(DatasetError):
        shift_image(workspace, finished["image"].id, b"nothing", 0.5)
