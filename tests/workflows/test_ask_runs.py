"""Several runs asked the same: each answers as it does alone, and it is named who disagrees."""

import pytest

from core.errors import ConfigurationError
from core.workflows.ask_runs import agreement, ask_runs, askable_runs
from core.workflows.predict import Prediction, predict_texts


def said(*labels):
    return [Prediction(input="", label=label, probability=0.9, probabilities=((label, 0.9),)) for label in labels]


def test_every_run_answers_as_it_does_alone(workspace, finished):
    run_id = finished["text"].id
    answers = ask_runs(workspace, [run_id, run_id], "where is my parcel")
    (alone,) = predict_texts(workspace, run_id, ["where is my parcel"])
    assert [answer.prediction for answer in answers] == [alone, alone]
    assert answers[0].title.startswith(finished["text"].model_title)


def test_only_finished_runs_that_take_such_inputs_can_be_asked(workspace, finished, texts, start):
    waiting = start(texts, "feature-extraction")
    ids = {card.id for card in askable_runs(workspace, "text")}
    assert finished["text"].id in ids
    assert not ids & {finished["image"].id, waiting}


def test_a_run_that_takes_something_else_is_refused(workspace, finished):
    with pytest.raises(ConfigurationError, match="takes images"):
        ask_runs(workspace, [finished["image"].id], "a text")


def test_more_runs_than_stand_side_by_side_are_refused(workspace, finished):
    with pytest.raises(ConfigurationError, match="At most 4"):
        ask_runs(workspace, [finished["text"].id] * 5, "a text")


def test_who_says_something_else_than_most_is_named():
    found = agreement(said("bees", "ants", "bees"))
    assert (found.label, found.n_for_it, found.others) == ("bees", 2, (1,))


def test_of_two_classes_named_equally_often_none_is_the_answer_of_most():
    assert agreement(said("bees", "ants")).label is None
    assert agreement(said("bees")).label == "bees"
