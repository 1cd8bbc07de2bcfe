"""Combining on the Compare page, and the results of a run that was put together."""

import pytest

from core.jobs.studies import wait_for_study
from core.jobs.study import Study
from core.workflows.combinable import find_combinations
from core.workflows.combine_runs import combine_runs
from core.workflows.show_run import show_run
from pages.components.combine_panel import BY_KEY, OPEN_KEY
from tests.pages.conftest import Trained, all_text, open_app
from tests.pages.test_compare import OTHER_ID, add_run


def open_panel(*runs: Trained, by: str = "probabilities"):
    app = open_app("compare", runs=",".join(run.run_id for run in runs))
    app.session_state[OPEN_KEY] = True
    app.session_state[BY_KEY] = by
    app.run()
    assert not app.exception
    return app


@pytest.fixture
def combined(finished_text_run: Trained) -> str:
    """A run put together from two, by their weights: equal ones, so that both are kept."""
    add_run(finished_text_run)
    return combine_runs(finished_text_run.workspace, [finished_text_run.run_id, OTHER_ID], by="weights")


def test_a_press_combines_behind_the_page_and_links_to_the_new_run(finished_text_run: Trained) -> None:
    other, workspace = add_run(finished_text_run), finished_text_run.workspace
    app = open_panel(finished_text_run, other)
    app.button(key="begin-combination").click().run()
    members = tuple(sorted((finished_text_run.run_id, OTHER_ID)))
    study = Study(kind="combination", variant="probabilities", members=members)
    assert wait_for_study(workspace.root, study, 180)
    app.run()
    assert not app.exception
    (made,) = find_combinations(workspace, members)
    assert show_run(workspace, made).combination.kind == "probabilities"
    assert "its best member alone" in all_text(app)


def test_what_cannot_be_combined_has_its_reason_and_no_button(finished_run: Trained) -> None:
    other = add_run(finished_run)
    folder = other.workspace.runs.get(OTHER_ID)
    spec = folder.read_spec().to_json()
    folder.write_spec(type(folder.read_spec()).from_json({**spec, "image_size_px": 96}))
    app = open_panel(finished_run, other, by="weights")
    assert "different image sizes" in all_text(app)
    assert "begin-combination" not in [button.key for button in app.button]


def test_the_results_say_what_the_run_was_put_together_from(finished_text_run: Trained, combined: str) -> None:
    app = open_app("results", run=combined)
    assert not app.exception
    said = all_text(app)
    assert "Put together from" in said
    assert "What was tried, best run first" in said
    assert "Nothing was trained here" in said
    assert "Learning curves" not in said
    members = app.dataframe[0].value
    assert list(members["Run"])[-1] == "This run"
    assert len(members) == 3
    assert (members["ms per sample"] > 0).all()
    assert "train-again" not in [button.key for button in app.button]


def test_a_combination_is_compared_with_its_members(finished_text_run: Trained, combined: str) -> None:
    app = open_app("results", run=combined)
    app.button(key="compare-members").click().run()
    assert not app.exception
    assert set(app.multiselect(key="compare.runs").value) == {finished_text_run.run_id, OTHER_ID, combined}


def test_a_combination_predicts_on_its_page(finished_text_run: Trained) -> None:
    add_run(finished_text_run)
    made = combine_runs(finished_text_run.workspace, [finished_text_run.run_id, OTHER_ID])
    app = open_app("predict", run=made)
    assert not app.exception
    app.button(key="try-example").click().run()
    assert not app.exception
    assert "The model gives" in all_text(app)
