"""Runs side by side: on which samples, with which verdict, and what was set differently."""

from dataclasses import replace

import numpy as np
import pytest

from core.errors import ConfigurationError, UnknownChoiceError
from core.evaluation.prediction_table import PredictionTable, save_predictions
from core.evaluation.report_json import report_to_json
from core.workflows.compare_runs import compare_runs, contested_samples
from core.workflows.inspect_dataset import inspect_dataset
from core.workflows.plan_run import RunChoices, plan_run
from core.workflows.reporting import build_run_report
from core.workflows.show_run import show_run
from core.workflows.train_run import create_run
from tests.datasets.pictures import write_folder
from tests.workflows.conftest import QUICK, picture


@pytest.fixture
def answer(workspace):
    """Stores a finished run that misses the given held-out samples and hits all others; gives its id."""

    def store(dataset, *, misses=(), strategy="feature-extraction", seconds=2.0, n_epochs=0, **settings):
        choices = RunChoices(dataset_id=dataset.id, strategy=strategy, settings={**QUICK, **settings})
        folder = workspace.runs.get(create_run(workspace, plan_run(workspace, choices).spec))
        table = answers(dataset, misses)
        folder.replace(folder.predictions_path, lambda path: save_predictions(table, path))
        folder.write_json("report", report_to_json(build_run_report(dataset, table)))
        folder.update_details({"class_names": list(dataset.class_names), "modality": dataset.modality})
        folder.write_status(
            replace(folder.read_status(), state="finished", n_epochs=n_epochs, seconds=(("total", seconds),))
        )
        return folder.id

    return store


def _test_ids(dataset):
    return {dataset.sample_ids[row] for row in dataset.rows("test")}


def answers(dataset, misses):
    rows = np.concatenate([dataset.rows("val"), dataset.rows("test")])
    labels = dataset.labels[rows]
    missed = np.isin(rows, misses)
    predictions = np.where(missed, (labels + 1) % dataset.n_classes, labels)
    return PredictionTable(
        sample_ids=tuple(dataset.sample_ids[row] for row in rows),
        splits=dataset.splits[rows],
        labels=labels,
        predictions=predictions,
        probs=np.eye(dataset.n_classes, dtype=np.float32)[predictions],
        sources=tuple(dataset.sources[row] for row in rows),
    )


@pytest.fixture(scope="module")
def without_test(workspace, tmp_path_factory):
    """Pictures that come with a training and a validation split only."""
    members = {
        f"{split}/{name}/{n}.png": picture(name, n + 50 * (split == "val"))
        for split in ("train", "val")
        for name in ("green", "red")
        for n in range(8)
    }
    return inspect_dataset(workspace, write_folder(tmp_path_factory.mktemp("two-splits"), members), name="two splits")


def test_two_runs_are_compared_on_the_test_samples_where_both_have_some(workspace, images, answer):
    misses = images.rows("test")[:2]
    comparison = compare_runs(workspace, [answer(images, misses=misses), answer(images)])
    (test,) = comparison.tests
    assert test.split == comparison.split == "test"
    assert test.found.n == len(images.rows("test"))
    assert (test.found.n_only_first, test.found.n_only_second) == (0, 2)
    assert test.found.accuracy.value == pytest.approx(2 / test.found.n)


def test_without_test_samples_the_validation_split_is_compared_and_named(workspace, without_test, answer):
    assert len(without_test.rows("test")) == 0
    comparison = compare_runs(workspace, [answer(without_test), answer(without_test)])
    assert comparison.split == comparison.tests[0].split == "val"
    assert comparison.tests[0].found.n == len(without_test.rows("val"))


def test_versions_of_a_dataset_are_compared_on_what_they_share_under_the_same_label(
    workspace, images, answer, tmp_path
):
    members = {f"{name}/{n}.png": picture(name, n) for name in ("green", "grey", "red") for n in range(1, 16)}
    fewer = inspect_dataset(workspace, write_folder(tmp_path / "fewer", members))
    comparison = compare_runs(workspace, [answer(images), answer(fewer)])
    shared = _test_ids(images) & _test_ids(fewer)
    assert 0 < len(shared) < len(images.rows("test"))
    assert comparison.tests[0].found.n == len(shared)
    assert "Data" in [row.label for row in comparison.differences]


def test_runs_that_tell_different_classes_apart_cannot_be_tested_and_it_says_why(
    workspace, images, without_test, answer
):
    (test,) = compare_runs(workspace, [answer(images), answer(without_test)]).tests
    assert test.found is None
    assert "different classes" in test.why_not


def test_runs_without_common_samples_cannot_be_tested_and_it_says_why(workspace, without_test, answer, tmp_path):
    members = {f"{name}/{n}.png": picture(name, n + 500) for name in ("green", "red") for n in range(12)}
    others = inspect_dataset(workspace, write_folder(tmp_path / "others", members))
    (test,) = compare_runs(workspace, [answer(without_test), answer(others)]).tests
    assert test.found is None
    assert "share no validation sample" in test.why_not


def test_only_what_was_set_differently_is_told_and_only_where_it_acts(workspace, images, answer):
    first = answer(images, seed=1)
    second, third = (answer(images, strategy="head-then-fine-tune", n_epochs=2, seed=1, epochs=n) for n in (7, 9))
    differences = {row.label: row.values for row in compare_runs(workspace, [first, second, third]).differences}
    assert differences["Strategy"] == ("Feature extraction", "Head, then fine-tune", "Head, then fine-tune")
    assert differences["Frozen stages"][0] == "all"
    assert differences["Frozen stages"][1].startswith("up to blocks.")
    assert differences["Epochs"] == ("–", "7", "9")
    assert "Batch size" not in differences  # acts on two of them, and is the same in both
    assert "Seed" not in differences
    assert "Backbone" not in differences
    again = {row.label for row in compare_runs(workspace, [first, answer(images, seed=2)]).differences}
    assert again == {"Seed"}


def test_names_tell_what_is_not_the_same_in_all(workspace, images, answer):
    runs = [answer(images), answer(images, strategy="from-scratch")]
    assert compare_runs(workspace, runs).names == ("Feature extraction", "From scratch")


def test_the_best_is_chosen_on_validation_and_of_equals_the_quickest(workspace, images, answer):
    slow, quick = answer(images, seconds=9.0), answer(images, seconds=1.0)
    poor = answer(images, misses=images.rows("val"))
    comparison = compare_runs(workspace, [slow, poor, quick])
    assert comparison.best.id == quick
    assert [(run.id, how) for run, how in comparison.standings(quick)] == [(slow, "tied"), (poor, "tied")]
    assert comparison.test_of(quick, slow) == comparison.test_of(slow, quick)
    assert len(comparison.tests) == 3


def test_standings_are_told_from_either_side(workspace, images, answer):
    good, poor = answer(images), answer(images, misses=images.rows("test"))
    assert len(images.rows("test")) >= 6  # fewer could not decide
    comparison = compare_runs(workspace, [good, poor])
    assert [how for _, how in comparison.standings(good)] == ["worse"]
    assert [how for _, how in comparison.standings(poor)] == ["better"]


def test_contested_samples_come_with_the_wrong_answer_of_the_other_run(workspace, images, answer):
    rows = images.rows("test")
    first, second = answer(images, misses=rows[:2]), answer(images, misses=rows[1:4])
    (test,) = compare_runs(workspace, [first, second]).tests
    only_first, only_second = contested_samples(workspace, test)
    assert [sample.sample_id for sample in only_second] == [images.sample_ids[rows[0]]]
    assert [sample.sample_id for sample in only_first] == [images.sample_ids[row] for row in rows[2:4]]
    assert all(sample.true_class != sample.predicted_class for sample in (*only_first, *only_second))
    assert only_second[0].true_class == images.class_names[images.labels[rows[0]]]


def test_really_trained_runs_can_be_compared(workspace, finished, images, start, execute):
    other = execute(start(images, "feature-extraction", class_weights="balanced"))
    comparison = compare_runs(workspace, [finished["image"].id, other.id])
    assert comparison.tests[0].found.n == show_run(workspace, other.id).report.split(comparison.split).n
    assert [row.label for row in comparison.differences] == ["Class weights"]


@pytest.mark.parametrize("n", [0, 1, 2])
def test_fewer_than_two_different_runs_are_refused(workspace, images, answer, n):
    with pytest.raises(ConfigurationError, match="two or more different runs"):
        compare_runs(workspace, [answer(images)] * n)


def test_runs_that_cannot_be_compared_are_refused_with_words(workspace, images, answer, start):
    with pytest.raises(ConfigurationError, match="no report to compare; it is interrupted"):
        compare_runs(workspace, [answer(images), start(images, "feature-extraction")])
    with pytest.raises(UnknownChoiceError):
        compare_runs(workspace, [answer(images), "../../etc/passwd"])
