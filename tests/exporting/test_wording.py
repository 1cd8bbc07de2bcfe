from dataclasses import replace

import pytest

from core.evaluation.records import Interval
from core.exporting.records import RunPurpose
from core.exporting.wording import (
    answer_of,
    day_words,
    intended_use_of,
    limits_of,
    per_cent,
    question_of,
    score,
    temperature_sentence,
    trained_sentence,
)
from core.training.temperature import Temperature
from tests.exporting.facts import run_facts, without_extras

FACTS = run_facts(("ants", "bees"))


def test_numbers_are_said_with_their_intervals_as_far_as_there_are_any():
    assert per_cent(Interval(value=0.9331, low=0.9234, high=0.9412)) == "93.3 % (92.3–94.1)"
    assert score(Interval(value=0.9331, low=0.9234, high=0.9412)) == "0.933 (0.923–0.941)"
    assert per_cent(Interval(value=0.5, low=None, high=None, why="few")) == "50.0 %"
    assert score(None) == "–"


def test_the_question_is_the_persons_or_what_the_data_ask():
    assert question_of(FACTS) == "Which class does an image belong to: ants or bees?"
    assert question_of(run_facts([f"c{n}" for n in range(9)])) == "Which of 9 classes does an image belong to?"
    asked = replace(FACTS, purpose=RunPurpose(question="Ant or bee?"))
    assert question_of(asked) == "Ant or bee?"
    assert "Not stated" in intended_use_of(asked)


def test_the_answer_names_the_majority_and_the_best_simpler_way():
    said = answer_of(FACTS)
    assert said.startswith("On 40 test images the model is right in 90.0 % (")
    assert 'Always answering "ants" would be right in 50.0 %; the best simpler way, the fitted head' in said
    assert answer_of(without_extras(FACTS)).endswith("50.0 %.")


def test_limits_follow_from_the_run():
    few = " ".join(limits_of(run_facts(("ants", "bees"), n_per_class=8)))
    assert "2 classes have fewer than 10 samples" in few
    part = replace(
        FACTS.headline, split="val", baselines=(replace(FACTS.headline.baselines[0], accuracy=FACTS.headline.accuracy),)
    )
    shown = " ".join(limits_of(replace(FACTS, report=replace(FACTS.report, splits=(part,)))))
    assert "There is no test split" in shown
    assert "the simpler way may do" in shown
    assert "There is no test split" not in " ".join(limits_of(FACTS))


@pytest.mark.parametrize(
    ("temperature", "words"),
    [
        (Temperature(value=1.2, n=30), "too sure of itself; its logits are divided by 1.20"),
        (Temperature(value=0.8, n=30), "not sure enough"),
        (Temperature(value=1.0, n=9, why="9 samples are too few"), "the model's own: 9 samples are too few."),
        (None, "The probabilities are the model's own."),
    ],
)
def test_the_temperature_is_said_in_words(temperature, words):
    assert words in temperature_sentence(replace(FACTS, report=replace(FACTS.report, temperature=temperature)))


def test_what_trained_is_named_with_its_share_of_the_parameters():
    assert "The stages blocks.1 (all its tensors) and the head were trained: 250,100 of 251,000" in trained_sentence(
        FACTS
    )
    frozen = tuple(replace(stage, trains=False) for stage in FACTS.model.stages)
    assert "Only the head was trained" in trained_sentence(replace(FACTS, model=replace(FACTS.model, stages=frozen)))


def test_a_time_is_said_as_its_day():
    assert day_words("2026-01-02T03:04:05+00:00") == "2 January 2026"
    assert day_words("") == ""
