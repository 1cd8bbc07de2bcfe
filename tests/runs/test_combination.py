"""What a run was put together from comes back from disk as it was."""

import json

from core.evaluation.records import Interval
from core.runs.combination import AveragingStep, Combination, Member


def member(run_id: str, **facts) -> Member:
    alone = Interval(value=0.9, low=0.8, high=0.95)
    values = {"model_title": "MiniLM", "strategy_title": "Feature extraction", "val": alone, "test": None}
    return Member(run_id=run_id, n_parameters=10, ms_per_sample=2.0, **{**values, **facts})


def combination(**facts) -> Combination:
    values = {
        "kind": "weights",
        "members": (member("a"), member("b"), member("c", model_title="Lite0")),
        "ms_per_sample": 2.0,
        "gain": Interval(value=0.01, low=None, high=None, why="few samples"),
        "gain_split": "test",
        "n": 20,
        "verdict": "not distinguishable on 20 samples",
        "steps": tuple(
            AveragingStep(run_id=run_id, val_accuracy=score, is_kept=score >= 0.9)
            for run_id, score in (("a", 0.9), ("b", 0.92), ("c", 0.5))
        ),
        "n_val": 10,
    }
    return Combination(**{**values, **facts})


def test_a_combination_survives_the_disk() -> None:
    before = combination(members=(member("a", test=Interval(value=1.0, low=0.9, high=1.0)), member("b")))
    assert Combination.from_json(json.loads(json.dumps(before.to_json()))) == before


def test_a_run_that_lowered_the_average_has_no_part_in_its_title() -> None:
    weights = combination()
    assert [one.run_id for one in weights.in_use] == ["a", "b"]
    assert weights.title == "Average of 2 runs, weights"
    assert weights.model_title == "MiniLM"


def test_answers_are_those_of_every_member() -> None:
    answers = combination(kind="probabilities", steps=())
    assert answers.title == "Average of 3 runs, probabilities"
    assert answers.model_title == "MiniLM + Lite0"
