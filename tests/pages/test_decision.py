"""Tuned decisions, told on Results and on Predict."""

from dataclasses import replace

from core.evaluation.report_json import report_from_json, report_to_json
from core.training.decision import DecisionOffsets
from tests.pages.conftest import Trained, all_text, open_app

TUNED = DecisionOffsets(values=(0.8, 0.0), n=120, macro_f1_before=0.71, macro_f1=0.78)


def decide_by(trained: Trained, offsets: DecisionOffsets) -> str:
    folder = trained.workspace.runs.get(trained.run_id)
    report = replace(report_from_json(folder.read_json("report")), decision=offsets)
    folder.write_json("report", report_to_json(report))
    return all_text(open_app("results", run=trained.run_id))


def test_the_results_tell_from_where_on_a_class_is_decided_for_and_what_that_gives(finished_run: Trained) -> None:
    text = decide_by(finished_run, TUNED)
    assert "0.780 instead of 0.710" in text
    assert "It decides for **cats** already at 31%." in text


def test_what_was_not_kept_says_why(finished_run: Trained) -> None:
    text = decide_by(finished_run, replace(TUNED, values=(0.0, 0.0), why="7 validation samples are too few"))
    assert "The most probable class decides: 7 validation samples are too few" in text


def test_predict_tells_where_the_decision_is_not_the_most_probable_class(finished_text_run: Trained) -> None:
    folder = finished_text_run.workspace.runs.get(finished_text_run.run_id)
    for values in ([30.0, 0.0], [0.0, 30.0]):
        folder.write_json("decision", {"values": values, "n": 40, "macro_f1_before": 0.5, "macro_f1": 0.6, "why": ""})
        folder.model_path.touch()
        app = open_app("predict", run=finished_text_run.run_id)
        app.button(key="try-example").click().run()
        if app.metric[0].label == "Decided for":
            assert "but this run decides for rarer classes sooner" in all_text(app)
            return
    raise AssertionError("one of both classes is not the most probable one")
