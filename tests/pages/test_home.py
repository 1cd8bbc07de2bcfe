"""Home: the first visit, a sample in one click, recent runs in every state."""

import pytest

from core.jobs.training_jobs import training_queue
from core.workflows.show_run import list_runs
from tests.pages.conftest import Trained, all_text, open_app, set_state


def test_the_first_visit_is_explained_in_three_steps() -> None:
    app = open_app()
    assert "How it works" in [element.value for element in app.subheader]
    assert all(step in all_text(app) for step in ("Bring labeled data", "Choose what to freeze", "honest report"))


def test_a_finished_run_is_a_card_with_its_score(finished_run: Trained) -> None:
    app = open_app()
    assert not app.exception
    assert app.metric[0].label == "Macro-F1, validation"
    assert 0 <= float(app.metric[0].value) <= 1
    assert "How it works" not in all_text(app)


def test_a_running_run_says_what_it_is_doing(running_run: Trained) -> None:
    app = open_app()
    assert not app.exception
    assert app.progress[0].value == 25
    assert "a few seconds left" in app.progress[0].text
    assert not app.metric


def test_a_queued_run_says_that_it_waits(queued_run: Trained) -> None:
    assert "Waits" in open_app().progress[0].text


def test_a_failed_run_says_why_without_markup(failed_run: Trained) -> None:
    app = open_app()
    assert "memory did not suffice" in all_text(app)
    assert " <b>" not in all_text(app)


def test_a_run_whose_process_died_is_shown_as_interrupted(interrupted_run: Trained) -> None:
    app = open_app()
    assert "Nothing is lost" in all_text(app)
    assert interrupted_run.workspace.runs.get(interrupted_run.run_id).read_status().state == "interrupted"


def test_a_run_stopped_before_its_first_result_has_a_card(interrupted_run: Trained) -> None:
    set_state(interrupted_run, "stopped")
    assert "before its first result" in all_text(open_app())


def test_a_hostile_dataset_name_is_not_markup(finished_run: Trained) -> None:
    folder = finished_run.workspace.runs.get(finished_run.run_id)
    folder.update_details({"name": "![x](http://evil.example/x.png) <b>"})
    assert "![x](" not in all_text(open_app())


@pytest.mark.slow
def test_one_click_on_the_sample_of_texts_ends_in_a_readable_run(workspace) -> None:
    app = open_app()
    app.button(key="try.messages").click().run(timeout=60)
    assert not app.exception
    run = list_runs(workspace)[0]
    assert app.query_params["run"] == run.id
    assert training_queue(workspace.root).wait(run.id, 120)
    done = list_runs(workspace)[0]
    assert done.status.state == "finished"
    assert done.macro_f1 is not None
    assert done.macro_f1 > 0.6
