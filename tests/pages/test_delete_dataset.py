"""Deleting a dataset on its page, and what the pages say of runs whose data are gone."""

import pytest

from core.workflows.delete_dataset import delete_dataset
from core.workflows.inspect_dataset import list_datasets
from core.workflows.show_run import list_runs
from core.workflows.workspace import Workspace
from tests.pages.conftest import Trained, all_text, open_app


def test_the_dialog_says_what_goes_and_a_second_press_deletes(workspace: Workspace, finished_run: Trained) -> None:
    app = open_app("data", dataset=finished_run.dataset_id)
    app.button(key="delete-dataset-ask").click().run()
    assert "cannot be undone" in all_text(app)
    assert "1 run learned from it and will stay" in all_text(app)
    assert list_datasets(workspace)
    app.button(key="delete-dataset").click().run()
    assert not app.exception
    assert list_datasets(workspace) == ()
    assert [run.id for run in list_runs(workspace)] == [finished_run.run_id]


def test_data_of_a_run_under_way_stay_and_the_page_says_why(workspace: Workspace, running_run: Trained) -> None:
    app = open_app("data", dataset=running_run.dataset_id)
    app.button(key="delete-dataset-ask").click().run()
    app.button(key="delete-dataset").click().run()
    assert "learning from cannot be deleted" in app.error[0].value
    assert list_datasets(workspace)


@pytest.mark.parametrize("page", ["home", "results", "predict", "compare", "train", "data"])
def test_no_page_stumbles_over_a_run_without_data(workspace: Workspace, finished_run: Trained, page: str) -> None:
    open_app("results", run=finished_run.run_id)  # what is kept from before must not be shown again
    delete_dataset(workspace, finished_run.dataset_id)
    app = open_app(page, run=finished_run.run_id)
    assert not app.exception
    assert not app.error


def test_a_run_without_data_shows_its_numbers_and_says_what_is_gone(finished_text_run: Trained) -> None:
    before = [metric.value for metric in open_app("results", run=finished_text_run.run_id).metric]
    delete_dataset(finished_text_run.workspace, finished_text_run.dataset_id)
    app = open_app("results", run=finished_text_run.run_id)
    assert [metric.value for metric in app.metric] == before
    assert "The data of this run have been deleted" in all_text(app)
    assert "Deleted with its dataset" in all_text(app).replace("\\", "")
    assert not [button for button in app.button if button.key == "train-again"]


def test_an_interrupted_run_without_data_offers_no_way_on(interrupted_run: Trained) -> None:
    open_app("results", run=interrupted_run.run_id)  # the first look marks it as interrupted
    delete_dataset(interrupted_run.workspace, interrupted_run.dataset_id)
    app = open_app("results", run=interrupted_run.run_id)
    assert not app.exception
    assert not [button for button in app.button if button.key in ("resume", "change-settings")]
