"""A run written to an MLflow tracking server or to TensorBoard's files, where a person names one."""

from __future__ import annotations

import importlib
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from core.errors import ConfigurationError
from core.training.events import EpochDone
from core.workflows.export_run import export_report
from core.workflows.report_run import export_card
from core.workflows.show_run import RunView, require_readable
from core.workflows.workspace import Workspace

REQUIREMENTS = "requirements-logging.txt"
MAX_PARAM_CHARS = 500


@dataclass(frozen=True, kw_only=True, slots=True)
class Logged:
    """What was written.

    Attributes:
        place: the tracking server, or the folder.
        name: of the run there.
        n_metrics: numbers that were written, steps counted singly.
    """

    place: str
    name: str
    n_metrics: int


@dataclass(frozen=True, kw_only=True, slots=True)
class _Number:
    """One value of one curve; `step` is the epoch, or 0 for what the report says of the whole."""

    name: str
    value: float
    step: int = 0


def log_to_mlflow(workspace: Workspace, run_id: str, uri: str) -> Logged:
    """Settings as parameters, curves and the report's numbers as metrics, report and model card as artifacts.

    Args:
        workspace: where the run lies.
        run_id: a finished run.
        uri: of a tracking server (http://...) or a local store (sqlite:///..., a folder).

    Raises:
        UnknownChoiceError: there is no such run.
        ConfigurationError: it has no report yet, MLflow is not installed, or the server could not be reached.
    """
    run = require_readable(workspace, run_id)
    mlflow = _require("mlflow", "MLflow")
    numbers = [*_curves(run), *_results(run)]
    try:
        client = mlflow.MlflowClient(tracking_uri=uri)
        experiment = client.get_experiment_by_name(run.dataset_name)
        experiment_id = experiment.experiment_id if experiment else client.create_experiment(run.dataset_name)
        logged = client.create_run(experiment_id, start_time=_milliseconds(run.status.created_at), run_name=run.id)
        there, at = logged.info.run_id, _milliseconds(run.status.ended_at or run.status.created_at)
        entities = mlflow.entities
        client.log_batch(
            there,
            metrics=[entities.Metric(one.name, one.value, at, one.step) for one in numbers],
            params=[entities.Param(name, str(value)[:MAX_PARAM_CHARS]) for name, value in run.spec.to_json().items()],
        )
        client.log_text(there, export_report(workspace, run_id).decode(), "report.json")
        client.log_text(there, export_card(workspace, run_id).decode(), "model-card.md")
        client.set_terminated(there, "FINISHED", at)
    except mlflow.exceptions.MlflowException as error:
        raise ConfigurationError(
            f'MLflow at "{uri}" did not take the run: {str(error).splitlines()[0][:300]}',
            "See whether the address is right and the server runs.",
        ) from error
    return Logged(place=uri, name=run.id, n_metrics=len(numbers))


def log_to_tensorboard(workspace: Workspace, run_id: str, folder: Path) -> Logged:
    """Curves and the report's numbers as scalars, the settings and the model card as texts, in `folder/RUN`.

    Raises:
        UnknownChoiceError: there is no such run.
        ConfigurationError: it has no report yet, TensorBoard is not installed, or the run was written there before.
    """
    run = require_readable(workspace, run_id)
    _require("tensorboard", "TensorBoard")
    from torch.utils.tensorboard import SummaryWriter

    place, numbers = folder / run.id, [*_curves(run), *_results(run)]
    if place.is_dir() and any(place.iterdir()):
        raise ConfigurationError(
            f'Run {run.id} is in "{folder}" already; written twice, its curves would be drawn twice.',
            "Name another folder, or delete it there first.",
        )
    with SummaryWriter(str(place)) as writer:
        for one in numbers:
            writer.add_scalar(one.name, one.value, one.step)
        settings = "\n".join(f"    {name}: {value}" for name, value in run.spec.to_json().items())
        writer.add_text("settings", settings)
        writer.add_text("model card", export_card(workspace, run_id).decode())
    return Logged(place=str(folder), name=run.id, n_metrics=len(numbers))


def _require(module: str, title: str) -> Any:
    try:
        return importlib.import_module(module)
    except ImportError as error:
        raise ConfigurationError(
            f"{title} is not installed; only those who log runs need it.",
            f"Install it with: pip install -r {REQUIREMENTS}",
        ) from error


def _curves(run: RunView) -> Iterator[_Number]:
    for event in run.events:
        if isinstance(event, EpochDone):
            for name in ("train_loss", "train_macro_f1", "val_loss", "val_macro_f1", "val_accuracy", "learning_rate"):
                yield _Number(name=name, value=float(getattr(event, name)), step=event.epoch)


def _results(run: RunView) -> Iterator[_Number]:
    """Accuracy and macro-F1 by split, with their intervals."""
    for part in run.report.splits if run.report else ():
        for name, number in (("accuracy", part.accuracy), ("macro_f1", part.macro_f1)):
            bounds = {"": number.value, "_low": number.low, "_high": number.high}
            for ending, value in bounds.items():
                if value is not None:
                    yield _Number(name=f"report_{part.split}_{name}{ending}", value=float(value))


def _milliseconds(iso: str) -> int:
    return int(datetime.fromisoformat(iso).timestamp() * 1_000)
