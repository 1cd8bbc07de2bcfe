"""A dataset is deleted for good; what learned from it can still be read and used."""

import numpy as np
import pytest

from core.errors import DatasetError, UnknownChoiceError
from core.jobs.studies import execute_study
from core.jobs.study import Study
from core.workflows.dataset_versions import make_version
from core.workflows.delete_dataset import delete_dataset, plan_deletion
from core.workflows.export_run import export_predictions
from core.workflows.label_draft import exclude
from core.workflows.plan_run import RunChoices, plan_run
from core.workflows.predict import predict_texts
from core.workflows.report_run import gather_facts
from core.workflows.review_run import most_wrong
from core.workflows.show_run import list_runs, show_run
from core.workflows.train_run import create_run, execute_run


@pytest.fixture
def trained(reviews):
    workspace, data = reviews
    plan = plan_run(workspace, RunChoices(dataset_id=data.id, strategy="feature-extraction"))
    run_id = create_run(workspace, plan.spec)
    execute_run(workspace.root, run_id, should_stop=lambda: None)
    return workspace, data, run_id


def cached_samples(workspace):
    files = (workspace.root / "cache").glob("*/samples.npy")
    return {name.decode().partition("/")[0] for file in files for name in np.load(file).tolist()}


def test_a_run_outlives_its_data_with_numbers_and_model(trained):
    workspace, data, run_id = trained
    accuracy = show_run(workspace, run_id).report.split("val").accuracy.value
    assert [run.id for run in plan_deletion(workspace, data.id).runs] == [run_id]
    deleted = delete_dataset(workspace, data.id)
    assert ([card.id for card in deleted.versions], deleted.is_cleared) == ([data.id], True)
    run = show_run(workspace, run_id)
    assert not run.has_data
    assert run.report.split("val").accuracy.value == accuracy
    assert predict_texts(workspace, run_id, ["I love it"])[0].label in ("good", "bad")
    assert export_predictions(workspace, run_id)
    assert [card.id for card in list_runs(workspace)] == [run_id]
    for sample in most_wrong(workspace, run_id, "val"):
        assert sample.text.startswith("Deleted with its dataset")


def test_what_needs_the_samples_of_a_run_says_that_they_are_deleted(trained):
    workspace, data, run_id = trained
    delete_dataset(workspace, data.id)
    with pytest.raises(DatasetError, match="have been deleted"):
        gather_facts(workspace, run_id)


def test_nothing_of_the_samples_stays_in_the_workspace_but_what_runs_hold(trained):
    workspace, data, _ = trained
    exclude(workspace, data.id, data.sample_ids[:1])
    assert cached_samples(workspace) == set(data.sample_ids)
    delete_dataset(workspace, data.id)
    assert cached_samples(workspace) == set()
    outside_runs = [path for path in workspace.root.rglob("*") if "runs" not in path.relative_to(workspace.root).parts]
    assert not [path for path in outside_runs if data.id in path.name]
    told = b"would buy it again"
    assert not [path for path in outside_runs if path.is_file() and told in path.read_bytes()]


def test_features_of_samples_that_another_version_holds_are_not_asked_to_go(trained):
    workspace, data, _ = trained
    exclude(workspace, data.id, data.sample_ids[:1])
    made = make_version(workspace, data.id)
    delete_dataset(workspace, made.id)
    assert cached_samples(workspace) == set(data.sample_ids)
    assert workspace.datasets.load(data.id).n_samples == data.n_samples


def test_one_version_goes_or_all_of_them(reviews):
    workspace, data = reviews
    exclude(workspace, data.id, data.sample_ids[:1])
    made = make_version(workspace, data.id)
    plan = plan_deletion(workspace, data.id)
    assert ([card.id for card in plan.versions], [card.id for card in plan.stay]) == ([data.id], [made.id])
    delete_dataset(workspace, data.id)
    assert [card.id for card in workspace.datasets.list_cards()] == [made.id]
    delete_dataset(workspace, made.id, all_versions=True)
    assert workspace.datasets.list_cards() == ()


def test_data_that_a_run_is_learning_from_are_refused(reviews):
    workspace, data = reviews
    run_id = create_run(workspace, plan_run(workspace, RunChoices(dataset_id=data.id)).spec)
    with workspace.runs.get(run_id).claim(), pytest.raises(DatasetError, match=run_id):
        delete_dataset(workspace, data.id)
    assert workspace.datasets.load(data.id)
    delete_dataset(workspace, data.id)
    with pytest.raises(UnknownChoiceError):
        delete_dataset(workspace, data.id)


def test_a_question_that_is_answered_while_its_data_are_deleted_leaves_no_answer(reviews):
    workspace, data = reviews

    def delete(step, _done, _of):
        if step == "Putting it together":
            delete_dataset(workspace, data.id)

    execute_study(workspace.root, Study(kind="data-check", dataset_id=data.id), delete)
    assert not [path for path in workspace.root.rglob(f"*{data.id}*") if path.suffix != ".lock"]
