"""Results: calibration, baselines, intervals per class and the choice of the state, as the page tells them."""

import json
from dataclasses import replace

import numpy as np
import pytest

from core.evaluation.calibration import judge_calibration
from core.evaluation.prediction_table import load_predictions
from core.evaluation.records import Report
from core.evaluation.report_json import report_from_json, report_to_json
from core.training.events import StateChosen
from core.training.temperature import Temperature
from core.workflows.show_run import show_run
from tests.pages.conftest import Trained, all_text, open_app

CHOSEN = StateChosen(
    phase=1,
    kept="head",
    reason="not-clear",
    accuracy_gain=0.004,
    accuracy_error=0.006,
    loss_gain=-0.01,
    loss_error=0.02,
    n=150,
)


def change_report(trained: Trained, change) -> Report:
    folder = trained.workspace.runs.get(trained.run_id)
    report = change(report_from_json(folder.read_json("report")))
    folder.write_json("report", report_to_json(report))
    return report


def scaled(trained: Trained) -> Report:
    """The run's report as if there had been enough samples to fit a temperature."""
    table = load_predictions(trained.workspace.runs.get(trained.run_id).predictions_path)

    def change(report):
        parts = []
        for part in report.splits:
            probs, labels = table.probs[table.rows(part.split)], table.labels[table.rows(part.split)]
            flat = np.sqrt(probs) / np.sqrt(probs).sum(axis=1, keepdims=True)
            how = "held-out" if part.split == "test" else "cross-fitted"
            parts.append(replace(part, calibration=judge_calibration(probs, flat, labels, how=how)))
        return replace(report, splits=tuple(parts), temperature=Temperature(value=1.8, n=40))

    return change_report(trained, change)


def test_a_run_that_could_not_be_scaled_says_why(finished_run: Trained) -> None:
    app = open_app("results", run=finished_run.run_id)
    assert "Calibration" in [element.value for element in app.subheader]
    assert "The probabilities are the model's own: " in all_text(app)
    assert "before scaling" not in all_text(app)


def test_the_error_is_told_after_and_before_scaling_beside_what_chance_would_show(finished_run: Trained) -> None:
    report = scaled(finished_run)
    app = open_app("results", run=finished_run.run_id)
    text = all_text(app)
    assert "The model was too sure of itself: its logits are divided by **1.80**" in text
    assert "each half of them is scaled" in text
    for part in report.splits:
        assert f"{part.calibration.after.ece * 100:.1f} points apart" in text
        assert f"{part.calibration.ece_by_chance * 100:.1f} by chance" in text
        assert f"{part.calibration.before.ece:.1%} before scaling" in text
    assert len(app.get("plotly_chart")) == 3  # the curves are drawn once somebody opens their fold


def test_the_curves_are_drawn_in_the_open_fold_with_words_for_those_who_cannot_see_them(finished_run: Trained) -> None:
    report = scaled(finished_run)
    app = open_app("results", run=finished_run.run_id)
    app.session_state["calibration-curves"] = True
    app.run()
    charts = app.get("plotly_chart")
    assert len(charts) == 3 + 2 * len(report.splits)
    assert all(len(chart.proto.alt) > 20 for chart in charts)


def test_a_run_of_before_opens_without_the_section(finished_run: Trained) -> None:
    folder = finished_run.workspace.runs.get(finished_run.run_id)
    values = json.loads((folder.path / "report.json").read_text())
    del values["format"], values["temperature"]
    for split in values["splits"]:
        del split["calibration"], split["baselines"], split["separation"]
        for row in split["classes"]:
            del row["precision_interval"], row["recall_interval"], row["f1_interval"]
    folder.write_json("report", values)
    app = open_app("results", run=finished_run.run_id)
    assert not app.exception
    assert "Calibration" not in [element.value for element in app.subheader]
    assert "Confusion matrix" in [element.value for element in app.subheader]


def test_simpler_ways_stand_under_the_headline_with_interval_and_cost(finished_text_run: Trained) -> None:
    report = show_run(finished_text_run.workspace, finished_text_run.run_id).report
    text = all_text(open_app("results", run=finished_text_run.run_id))
    for part in report.splits:
        for one in part.baselines:
            assert f"**{one.accuracy.value:.1%}** ({one.accuracy.low * 100:.1f}" in text
    assert "TF-IDF" in text


def test_what_was_not_computed_says_why(finished_run: Trained) -> None:
    def change(report):
        skipped = [
            replace(one, accuracy=None, macro_f1=None, why="it would take more than a second")
            for one in report.splits[0].baselines
        ]
        return replace(report, splits=tuple(replace(part, baselines=tuple(skipped)) for part in report.splits))

    change_report(finished_run, change)
    text = all_text(open_app("results", run=finished_run.run_id))
    assert "Not computed: nearest neighbours among the frozen features (it would take more than a second)." in text


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({}, "Neither is clear, so this run ships the simpler model"),
        ({"kept": "trained", "reason": "hits", "accuracy_gain": 0.05}, "+5.0 ± 0.6 points of balanced accuracy"),
        ({"kept": "trained", "reason": "probabilities", "loss_gain": 0.1}, "0.100 ± 0.020 lower"),
    ],
)
def test_the_choice_between_head_and_trained_state_is_told_with_its_numbers(
    finished_run: Trained, change: dict, said: str
) -> None:
    finished_run.workspace.runs.get(finished_run.run_id).append_event(replace(CHOSEN, **change))
    text = all_text(open_app("results", run=finished_run.run_id))
    assert said in text
    assert "On 150 validation samples" in text


def test_the_table_says_where_a_class_has_too_few_samples_to_tell(finished_run: Trained) -> None:
    app = open_app("results", run=finished_run.run_id)
    table = app.dataframe[0].value
    few = table["Samples"] < 10
    assert few.any()
    assert (table.loc[few, "F1, 95%"] == "too few to tell").all()
    assert table["Recall, 95%"].str.match(r"\d\.\d{3} \(\d\.\d\d–\d\.\d\d\)").all()


def test_probabilities_on_predict_say_that_they_are_scaled(finished_text_run: Trained) -> None:
    app = open_app("predict", run=finished_text_run.run_id)
    app.button(key="try-example").click().run()
    metric = next(metric for metric in app.metric if metric.label == "Most probable class")
    assert "scaled by the temperature" in metric.help
