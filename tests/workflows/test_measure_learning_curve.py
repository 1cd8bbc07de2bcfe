"""Would more data help: from a finished run to its curve, and back from the run's folder."""

from dataclasses import replace

import pytest

from core.errors import ConfigurationError, UnknownChoiceError
from core.evaluation import power_law
from core.evaluation.records import Foretold, Interval
from core.workflows import measure_learning_curve as room
from core.workflows.measure_learning_curve import (
    curve_in_words,
    find_better_run,
    measure_learning_curve,
    why_no_curve,
)
from core.workflows.show_run import read_predictions
from core.workflows.stored_studies import load_curve
from tests.workflows.conftest import TOP_LAYER_TRAINS


@pytest.fixture(scope="module", autouse=True)
def fewer_resamples():
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(power_law, "N_RESAMPLES", 40)
        yield


@pytest.fixture(scope="module")
def curve(workspace, finished):
    return measure_learning_curve(workspace, finished["text"].id)


def test_the_curve_ends_at_all_training_samples_and_goes_on_to_twice_as_many(curve, texts):
    n_train = len(texts.rows("train"))
    assert curve.points[-1].n_train == curve.n_train == n_train
    assert curve.n_val == len(texts.rows("val"))
    assert curve.band[-1].n_train == pytest.approx(2 * n_train)
    assert curve.gain.low <= curve.gain.value <= curve.gain.high


def test_it_is_kept_with_its_run_and_found_again(workspace, curve, finished):
    assert load_curve(workspace, finished["text"].id) == curve
    assert load_curve(workspace, finished["image"].id) is None


def test_nothing_passes_again_that_the_run_had_passed(workspace, finished):
    cached, steps = workspace.cache.keys(""), []
    measure_learning_curve(workspace, finished["image"].id, on_progress=lambda step, *_: steps.append(step))
    assert workspace.cache.keys("") == cached
    assert not any("Passing" in step for step in steps)
    assert sum("Fitting heads" in step for step in steps) > 20


def test_the_test_split_is_never_looked_at(workspace, finished, curve, texts, monkeypatch):
    asked = []
    passed = room.RunNetwork.of
    monkeypatch.setattr(room.RunNetwork, "of", lambda run, net, rows: asked.extend(rows) or passed(run, net, rows))
    measure_learning_curve(workspace, finished["text"].id)
    assert asked
    assert set(asked).isdisjoint(texts.rows("test"))


def test_the_words_promise_judge_and_check(curve):
    foretold = Foretold(n_known=12, n_train=25, score=Interval(value=0.9, low=0.8, high=0.95), measured=0.7)
    told = replace(
        curve, gain=Interval(value=0.021, low=0.005, high=0.03), verdict="more-data", foretold=foretold, better_run=""
    )
    promise, verdict, check = curve_in_words(told)
    n = curve.n_train
    assert f"from {n} to {2 * n} training samples: about +2.1 points" in promise
    assert "(0.5 to 3.0)" in promise
    assert "worth collecting" in verdict
    assert "90.0% (80.0% to 95.0%)" in check
    assert "outside its band" in check
    assert "within its band" in curve_in_words(replace(told, foretold=replace(foretold, measured=0.9)))[2]
    assert "too few" in curve_in_words(replace(told, foretold=None))[2]
    assert "unfreeze" in curve_in_words(replace(told, verdict="features"))[1]
    assert "Run 7, which trained stages" in curve_in_words(replace(told, better_run="7"))[1]


def test_a_run_that_trained_stages_is_named_only_where_it_is_better_than_chance_explains(
    workspace, images, start, execute
):
    tuned = execute(start(images, "head-then-fine-tune", frozen=TOP_LAYER_TRAINS["image"]))
    told = read_predictions(workspace, tuned.id)
    answers = told.predictions[told.rows("val")]
    assert find_better_run(workspace, images, tuned.spec.model, answers) == ""
    wrong = (images.labels[images.rows("val")] + 1) % images.n_classes
    assert find_better_run(workspace, images, tuned.spec.model, wrong) == tuned.id
    assert find_better_run(workspace, images, "resnet18", wrong) == ""


def test_what_cannot_be_measured_is_refused_with_the_reason(workspace, finished, texts, start, monkeypatch):
    with pytest.raises(UnknownChoiceError):
        measure_learning_curve(workspace, "nope")
    with pytest.raises(ConfigurationError, match="no model yet; it is"):
        measure_learning_curve(workspace, start(texts, "feature-extraction"))
    monkeypatch.setattr(room, "curve_sizes", lambda *_: ())
    with pytest.raises(ConfigurationError, match="at least 17 training samples"):
        measure_learning_curve(workspace, finished["text"].id)


def test_a_run_from_scratch_has_no_features_to_fit_heads_to(finished):
    run = finished["image"]
    assert why_no_curve(run) == ""
    assert "from scratch" in why_no_curve(replace(run, spec=replace(run.spec, strategy="from-scratch")))


def test_whoever_watches_can_end_it(workspace, finished):
    def stop(*_):
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        measure_learning_curve(workspace, finished["text"].id, on_progress=stop)
