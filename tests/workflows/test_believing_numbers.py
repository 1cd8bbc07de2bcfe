"""Temperature, calibration and baselines of real runs, in reports, on disk and in predictions."""

import json

import numpy as np
import pytest

from core.training.temperature import MIN_SAMPLES, Temperature
from core.workflows.predict import predict_texts
from core.workflows.reporting import HeldOut, build_run_report, judge_probabilities, tabulate
from core.workflows.show_run import read_predictions, show_run


def overconfident(dataset, seed=0):
    """Logits for every held-out sample that are four times as large as they ought to be."""
    rng = np.random.default_rng(seed)
    rows = np.concatenate([dataset.rows("val"), dataset.rows("test")])
    logits = 1.5 * np.eye(dataset.n_classes)[dataset.labels[rows]] + rng.normal(size=(len(rows), dataset.n_classes))
    return rows, (4 * logits).astype(np.float32)


def test_with_few_validation_samples_the_run_says_that_its_probabilities_are_not_scaled(workspace, finished, texts):
    report = finished["text"].report
    assert len(texts.rows("val")) < MIN_SAMPLES
    assert report.temperature.value == 1.0
    assert "too few" in report.temperature.why
    stored = workspace.runs.get(finished["text"].id).read_json("temperature")
    assert stored == {"value": 1.0, "n": len(texts.rows("val")), "why": report.temperature.why}
    for part in report.splits:
        assert part.calibration.how == "unscaled"
        assert part.calibration.before == part.calibration.after


def test_stored_probabilities_are_scaled_and_the_answers_are_not(images):
    rows, logits = overconfident(images)
    plain, scaled = (
        tabulate(images, HeldOut(rows=rows, logits=logits, temperature=Temperature(value=value, n=50)))
        for value in (1.0, 4.0)
    )
    assert (plain.predictions == scaled.predictions).all()
    assert (scaled.probs.max(axis=1) < plain.probs.max(axis=1)).all()


def test_validation_is_judged_cross_fitted_and_test_with_the_temperature_of_validation(images):
    rows, logits = overconfident(images)
    held_out = HeldOut(rows=rows, logits=logits, temperature=Temperature(value=4.0, n=50))
    found = judge_probabilities(images, held_out, 0)
    assert (found["val"].how, found["test"].how) == ("cross-fitted", "held-out")
    table = tabulate(images, held_out)
    report = build_run_report(images, table, temperature=held_out.temperature, calibrations=found)
    assert report.split("test").loss == pytest.approx(found["test"].after.log_loss, rel=1e-4)
    assert found["test"].after.log_loss != found["test"].before.log_loss


def test_predictions_follow_the_temperature_stored_with_the_run(workspace, texts, start, execute):
    view = execute(start(texts, "feature-extraction"))
    folder = workspace.runs.get(view.id)
    messages = texts.texts[:6]
    plain = predict_texts(workspace, view.id, messages)
    folder.write_json("temperature", {"value": 3.0, "n": 40, "why": ""})
    folder.model_path.touch()  # a model that is written again is read again, its temperature with it
    scaled = predict_texts(workspace, view.id, messages)
    assert [one.label for one in scaled] == [one.label for one in plain]
    for one, other in zip(plain, scaled, strict=True):
        before, after = (np.array([prob for _, prob in found.probabilities]) for found in (one, other))
        np.testing.assert_allclose(after, before ** (1 / 3) / (before ** (1 / 3)).sum(), atol=1e-4)


def test_a_run_of_before_has_no_temperature_and_predicts_what_it_stored(workspace, texts, start, execute):
    view = execute(start(texts, "feature-extraction"))
    folder = workspace.runs.get(view.id)
    (folder.path / "temperature.json").unlink()
    values = json.loads((folder.path / "report.json").read_text())
    del values["format"], values["temperature"]
    for split in values["splits"]:
        del split["calibration"], split["baselines"], split["separation"]
    folder.write_json("report", values)
    old = show_run(workspace, view.id)
    assert old.is_readable
    assert old.report.temperature is None
    table = read_predictions(workspace, view.id)
    text_of = dict(zip(texts.sample_ids, texts.texts, strict=True))
    found = predict_texts(workspace, view.id, [text_of[name] for name in table.sample_ids])
    probs = np.array([[prob for _, prob in one.probabilities] for one in found])
    np.testing.assert_allclose(probs, table.probs, atol=1e-3)


def test_baselines_stand_beside_every_split_and_say_what_they_cost(finished):
    for modality, names in (("image", ["nearest-neighbours"]), ("text", ["nearest-neighbours", "tf-idf"])):
        for part in finished[modality].report.splits:
            assert [one.name for one in part.baselines] == names
            for one in part.baselines:
                assert 0 <= one.accuracy.low <= one.accuracy.value <= one.accuracy.high <= 1
                assert one.n_train > 0
                assert one.seconds > 0


def test_a_run_that_trained_stages_stands_beside_its_own_fitted_head(texts, start, execute):
    frozen = ("embeddings", *(f"layer.{n}" for n in range(5)))
    tuned = execute(start(texts, "head-then-fine-tune", frozen=frozen, epochs=1))
    alone = execute(start(texts, "feature-extraction"))
    for part in tuned.report.splits:
        probe = next(one for one in part.baselines if one.name == "probe")
        assert probe.accuracy == alone.report.split(part.split).accuracy
    if tuned.state_chosen.kept == "head":
        assert tuned.report.split("val").accuracy == alone.report.split("val").accuracy


def test_a_run_without_features_says_that_neighbours_and_fitted_head_were_not_asked(texts, start, execute):
    view = execute(start(texts, "full-fine-tuning", epochs=1))
    found = {one.name: one for one in view.report.splits[0].baselines}
    assert (found["probe"].accuracy, found["nearest-neighbours"].accuracy) == (None, None)
    assert "fits no head" in found["probe"].why
    assert "computes no features" in found["nearest-neighbours"].why
    assert view.state_chosen is None
