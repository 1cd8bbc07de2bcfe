"""Choosing on Results when to say "I don't know", and saying it on Predict."""

from core.workflows.rejecting import find_rejection, set_rejection
from tests.pages.conftest import Trained, all_text, open_app


def test_the_choice_is_kept_and_what_cannot_be_reached_says_why(finished_run: Trained) -> None:
    app = open_app("results", run=finished_run.run_id)
    app.segmented_control(key=f"rejection-{finished_run.run_id}").set_value(0.99).run()
    assert not app.exception
    assert find_rejection(finished_run.workspace, finished_run.run_id).precision == 0.99
    assert "99% cannot be reached on these data: " in all_text(app)
    again = open_app("results", run=finished_run.run_id)
    assert again.segmented_control(key=f"rejection-{finished_run.run_id}").value == 0.99
    again.segmented_control(key=f"rejection-{finished_run.run_id}").set_value(0.0).run()
    assert find_rejection(finished_run.workspace, finished_run.run_id) is None
    assert "cannot be reached" not in all_text(again)


def test_predict_says_that_it_does_not_know_and_what_it_would_have_said(finished_text_run: Trained) -> None:
    set_rejection(finished_text_run.workspace, finished_text_run.run_id, 0.9)
    folder = finished_text_run.workspace.runs.get(finished_text_run.run_id)
    point = {"threshold": 1.0, "coverage": 0.5, "accuracy": {"value": 1.0, "low": 0.9, "high": 1.0, "why": ""}}
    folder.write_json("rejection", {**folder.read_json("rejection"), "threshold": 1.01, "val": point, "test": point})
    app = open_app("predict", run=finished_text_run.run_id)
    app.button(key="try-example").click().run()
    assert app.metric[0].value == "I don't know"
    assert "It would have been **" in all_text(app)
    assert "That would have been" in all_text(app)
    results = all_text(open_app("results", run=finished_text_run.run_id))
    assert "On test that answers 50.0% of the samples, of which 100.0% are right (90.0–100.0%)." in results
