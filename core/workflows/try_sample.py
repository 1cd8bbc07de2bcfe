"""One click from a bundled dataset to a training that takes seconds."""

from __future__ import annotations

from core.workflows.inspect_dataset import Progress, open_sample
from core.workflows.plan_run import RunChoices, plan_run
from core.workflows.train_run import create_run
from core.workflows.workspace import Workspace

QUICK_STRATEGY = "feature-extraction"
"""Also where fine-tuning would be suggested: a first look is worth most when it comes at once."""


def prepare_sample_run(workspace: Workspace, sample_id: str, *, on_progress: Progress | None = None) -> str:
    """Store a new run of a bundled dataset, ready to be queued; returns its id.

    Args:
        workspace: where dataset and run are kept.
        sample_id: a row of `list_samples`.
        on_progress: called with (samples imported, samples expected).

    Raises:
        UnknownChoiceError: there is no such sample.
    """
    dataset = open_sample(workspace, sample_id, on_progress=on_progress)
    plan = plan_run(workspace, RunChoices(dataset_id=dataset.id, strategy=QUICK_STRATEGY))
    return create_run(workspace, plan.spec)
