"""The curves of a finished run, from its stored predictions."""

from __future__ import annotations

from core.datasets.records import SplitName
from core.errors import UnknownChoiceError
from core.evaluation.prediction_table import load_predictions
from core.evaluation.records import SeparationCurves
from core.evaluation.separation_curves import class_curves, macro_curves
from core.workflows.workspace import Workspace


def show_curves(workspace: Workspace, run_id: str, split: SplitName, class_name: str | None) -> SeparationCurves | None:
    """ROC and precision-recall of one class, or the means over all for None.

    Returns:
        The curves; None where the split has no sample of the class, or of no other.

    Raises:
        UnknownChoiceError: there is no such run, or it knows no such class.
        FileNotFoundError: it has no predictions yet.
    """
    folder = workspace.runs.get(run_id)
    table = load_predictions(folder.predictions_path)
    rows = table.rows(split)
    probs, labels = table.probs[rows], table.labels[rows]
    if class_name is None:
        return macro_curves(probs, labels)
    names = folder.read_details()["class_names"]
    if class_name not in names:
        raise UnknownChoiceError("class", class_name, names)
    return class_curves(probs, labels, names.index(class_name))
