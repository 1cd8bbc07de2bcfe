"""A finished run as files to take along."""

from __future__ import annotations

from core.errors import ConfigurationError
from core.evaluation.prediction_table import PredictionTable, load_predictions
from core.exporting.figures import figure_html
from core.exporting.predictions import predictions_csv
from core.exporting.report import report_json
from core.workflows.show_run import RunView, show_run
from core.workflows.workspace import Workspace

__all__ = ["export_predictions", "export_report", "figure_html"]


def export_predictions(workspace: Workspace, run_id: str) -> bytes:
    """Every validation and test prediction as CSV, without texts where the data have been deleted.

    Raises:
        ConfigurationError: the run has none.
    """
    run = show_run(workspace, run_id)
    if not run.is_readable:
        raise _not_readable(run_id)
    table = load_predictions(workspace.runs.get(run_id).predictions_path)
    return predictions_csv(table, run.class_names, _texts(workspace, run, table))


def export_report(workspace: Workspace, run_id: str) -> bytes:
    """The report, the settings and the freeze proof as JSON; raises ConfigurationError where the run has none."""
    run = show_run(workspace, run_id)
    if run.report is None:
        raise _not_readable(run_id)
    combination = run.combination.to_json() if run.combination else None
    return report_json(run.report, run.spec, proof=run.proof, combination=combination)


def _texts(workspace: Workspace, run: RunView, table: PredictionTable) -> list[str] | None:
    if run.modality != "text" or not run.has_data:
        return None
    dataset = workspace.datasets.load(run.spec.dataset_id)
    texts = dict(zip(dataset.sample_ids, dataset.texts, strict=True))
    return [texts[sample_id] for sample_id in table.sample_ids]


def _not_readable(run_id: str) -> ConfigurationError:
    return ConfigurationError(f"Run {run_id} has no report yet.", "Wait until it is finished, or resume it.")
