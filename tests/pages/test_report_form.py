"""What a person says about a run on its page is kept, and the buttons make files of it."""

from core.workflows.report_run import load_purpose
from tests.pages.conftest import Trained, open_app

QUESTION = "Which <b>pet</b> is it?"


def test_what_is_typed_is_kept_with_the_run_and_shown_to_whoever_opens_it_next(finished_run: Trained) -> None:
    app = open_app("results", run=finished_run.run_id)
    app.text_area(key=f"purpose-question-{finished_run.run_id}").set_value(f"  {QUESTION} ")
    app.text_area(key=f"purpose-use-{finished_run.run_id}").set_value("For the shelter.")
    next(button for button in app.button if button.label == "Keep").click().run()
    assert not app.exception
    said = load_purpose(finished_run.workspace, finished_run.run_id)
    assert (said.question, said.intended_use) == (QUESTION, "For the shelter.")
    again = open_app("results", run=finished_run.run_id)
    assert again.text_area(key=f"purpose-question-{finished_run.run_id}").value == QUESTION


def test_report_and_card_are_offered_first_and_samples_are_shown_unless_somebody_says_no(finished_run: Trained) -> None:
    app = open_app("results", run=finished_run.run_id)
    assert [button.label for button in app.get("download_button")][:2] == ["Report, one page", "Model card, Markdown"]
    assert app.checkbox(key="report-examples").value
    app.checkbox(key="report-examples").uncheck().run()
    assert not app.exception
