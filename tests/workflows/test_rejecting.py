"""A run that says "I don't know": chosen on validation, kept with the run, applied to what it is asked."""

import shutil

import pytest

from core.errors import ConfigurationError
from core.evaluation.prediction_table import PredictionTable, load_predictions, save_predictions
from core.workflows.predict import predict_texts
from core.workflows.rejecting import find_rejection, forget_rejection, renew_rejection, set_rejection
from core.workflows.show_run import show_run

MANY = 12


@pytest.fixture
def few(workspace, finished):
    """A copy of a finished run, with the few validation samples that it has."""
    folder = workspace.runs.get(finished["text"].id)
    copy = folder.path.with_name("20200101-000000-abcd")
    shutil.copytree(folder.path, copy)
    yield show_run(workspace, copy.name)
    shutil.rmtree(copy)


@pytest.fixture
def run(workspace, few):
    """The same with so many samples that something can be claimed."""
    folder = workspace.runs.get(few.id)
    folder.replace(folder.predictions_path, lambda path: save_predictions(many(folder), path))
    return few


def many(folder) -> PredictionTable:
    table = load_predictions(folder.predictions_path)
    rows = [row for row in range(table.n_samples) for _ in range(MANY)]
    return PredictionTable(
        sample_ids=tuple(table.sample_ids[row] for row in rows),
        splits=table.splits[rows],
        labels=table.predictions[rows],  # every answer is right
        predictions=table.predictions[rows],
        probs=table.probs[rows],
        sources=tuple(table.sources[row] for row in rows),
    )


def test_what_was_chosen_is_kept_and_told_for_both_splits(workspace, run):
    assert find_rejection(workspace, run.id) is None
    found = set_rejection(workspace, run.id, 0.9)
    assert find_rejection(workspace, run.id) == found
    assert (found.val.coverage, found.val.accuracy.value) == (1.0, 1.0)
    assert found.test is not None
    forget_rejection(workspace, run.id)
    assert find_rejection(workspace, run.id) is None


def test_an_answer_below_the_threshold_is_rejected_and_says_what_it_would_have_been(workspace, run, texts):
    messages = texts.texts[:4]
    plain = predict_texts(workspace, run.id, messages)
    assert not any(one.rejected or one.reason for one in plain)
    set_rejection(workspace, run.id, 0.9)
    folder = workspace.runs.get(run.id)
    folder.write_json("rejection", {**folder.read_json("rejection"), "threshold": 1.01})
    rejected = predict_texts(workspace, run.id, messages)
    assert all(one.rejected for one in rejected)
    assert [one.label for one in rejected] == [one.label for one in plain]
    assert "for 90% of the answers to be right it has to be 101.0% sure" in rejected[0].reason


def test_what_cannot_be_reached_rejects_nothing(workspace, few, texts):
    assert set_rejection(workspace, few.id, 0.99).threshold is None
    assert not any(one.rejected for one in predict_texts(workspace, few.id, texts.texts[:4]))


def test_a_run_that_predicts_anew_chooses_anew(workspace, run):
    folder = workspace.runs.get(run.id)
    found = set_rejection(workspace, run.id, 0.9)
    folder.write_json("rejection", {**folder.read_json("rejection"), "threshold": 0.123})
    renew_rejection(folder, load_predictions(folder.predictions_path))
    assert find_rejection(workspace, run.id) == found
    forget_rejection(workspace, run.id)
    renew_rejection(folder, load_predictions(folder.predictions_path))
    assert find_rejection(workspace, run.id) is None


@pytest.mark.parametrize("precision", [0.0, 1.0, 95.0])
def test_a_precision_that_is_no_share_is_refused(workspace, run, precision):
    with pytest.raises(ConfigurationError, match="between 0 and 1"):
        set_rejection(workspace, run.id, precision)
