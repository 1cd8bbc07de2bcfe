"""A run goes to a tracking server or to TensorBoard's files only where one is named, and says what is missing."""

import sys

import pytest

from core.errors import ConfigurationError
from core.training.events import EpochDone
from core.workflows.log_run import log_to_mlflow, log_to_tensorboard


def epochs(run):
    return [event for event in run.events if isinstance(event, EpochDone)]


def test_tensorboards_files_hold_the_curves_and_the_reports_numbers(workspace, finished, tmp_path):
    reading = pytest.importorskip("tensorboard.backend.event_processing.event_accumulator")
    run = finished["text"]
    logged = log_to_tensorboard(workspace, run.id, tmp_path)
    found = reading.EventAccumulator(str(tmp_path / run.id))
    found.Reload()
    losses = [event.value for event in found.Scalars("val_loss")]
    assert losses == pytest.approx([event.val_loss for event in epochs(run)], rel=1e-6)
    (accuracy,) = found.Scalars("report_val_accuracy")
    assert accuracy.value == pytest.approx(run.report.split("val").accuracy.value)
    assert logged.n_metrics == sum(len(found.Scalars(tag)) for tag in found.Tags()["scalars"])


def test_a_run_is_not_drawn_twice(workspace, finished, tmp_path):
    pytest.importorskip("tensorboard")
    log_to_tensorboard(workspace, finished["text"].id, tmp_path)
    with pytest.raises(ConfigurationError, match="already"):
        log_to_tensorboard(workspace, finished["text"].id, tmp_path)


def test_mlflow_gets_settings_curves_numbers_and_the_card(workspace, finished, tmp_path, monkeypatch):
    mlflow = pytest.importorskip("mlflow")
    monkeypatch.setenv("MLFLOW_ALLOW_FILE_STORE", "true")  # a store without a server, for this test only
    run, uri = finished["text"], f"file:{tmp_path}"
    logged = log_to_mlflow(workspace, run.id, uri)
    client = mlflow.MlflowClient(tracking_uri=uri)
    (experiment,) = [one for one in client.search_experiments() if one.name == run.dataset_name]
    (there,) = client.search_runs([experiment.experiment_id])
    assert there.data.params["model"] == run.spec.model
    assert there.data.metrics["report_val_accuracy"] == pytest.approx(run.report.split("val").accuracy.value)
    assert len(client.get_metric_history(there.info.run_id, "val_loss")) == len(epochs(run))
    assert {file.path for file in client.list_artifacts(there.info.run_id)} == {"report.json", "model-card.md"}
    assert logged.n_metrics > len(epochs(run))


@pytest.mark.parametrize("module", ["mlflow", "tensorboard"])
def test_what_is_not_installed_is_named_with_the_file_that_brings_it(
    workspace, finished, tmp_path, monkeypatch, module
):
    monkeypatch.setitem(sys.modules, module, None)
    log = log_to_mlflow if module == "mlflow" else log_to_tensorboard
    with pytest.raises(ConfigurationError) as refusal:
        log(workspace, finished["text"].id, tmp_path)
    assert "requirements-logging.txt" in refusal.value.remedy
