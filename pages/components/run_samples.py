"""Samples that a run answered: to be looked at and corrected, or named only where its data have been deleted."""

from __future__ import annotations

from collections.abc import Sequence

from core.workflows.inspect_dataset import load_dataset
from core.workflows.review_run import ReviewedSample
from core.workflows.show_run import RunView
from core.workflows.workspace import Workspace
from pages.components.label_tools import render_correctable
from pages.components.sample_list import PER_PAGE, render_samples


def render_samples_of(
    workspace: Workspace, run: RunView, samples: Sequence[ReviewedSample], *, key: str, per_page: int = PER_PAGE
) -> None:
    """The samples, a page at a time; arguments as `render_correctable`."""
    if not run.has_data:
        render_samples(samples, key=key, per_page=per_page)
        return
    dataset = load_dataset(workspace, run.spec.dataset_id)
    render_correctable(workspace, dataset, samples, key=key, per_page=per_page, run=run)
