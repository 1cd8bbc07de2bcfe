"""Our own part in every comparison: runs as a person would start them, from the stored dataset to the report."""

from __future__ import annotations

import shutil
import time
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from statistics import median

from core.datasets.records import Dataset
from core.features.shelf import SAMPLE_SEPARATOR
from core.training.events import EpochDone
from core.workflows.estimate_run import estimate_run
from core.workflows.inspect_dataset import inspect_dataset
from core.workflows.plan_run import RunChoices, RunPlan, plan_run
from core.workflows.show_run import RunView, show_run
from core.workflows.train_run import create_run, execute_run
from core.workflows.workspace import Workspace


@dataclass(frozen=True, kw_only=True, slots=True)
class OurRequest:
    """What to run.

    Attributes:
        root: the workspace folder.
        dataset_id: a dataset in it.
        strategy: id of the strategy.
        settings: values that differ from what is suggested, by the names of `core.training.settings`.
        frozen_stages: exactly these; None for what is suggested.
        is_estimated: ask for the estimate first, as the Train page does; its time is not counted.
    """

    root: Path
    dataset_id: str
    strategy: str
    settings: Mapping[str, int | float | str] = field(default_factory=dict)
    frozen_stages: tuple[str, ...] | None = None
    is_estimated: bool = False


@dataclass(frozen=True, kw_only=True, slots=True)
class OurRun:
    """What a run took and found.

    Attributes:
        seconds: from the stored dataset to the stored report.
        parts: seconds of load, features, train and evaluate, as the run itself says.
        accuracy: by split.
        epochs_s: seconds of each epoch of optimiser steps, its validation included.
        estimated_s: what the estimate said of the whole; None where it was not asked.
        estimated_epoch_s: what it said of one epoch.
        frozen_stages: in network order.
        image_size_px: side at which images pass; of no account for texts.
        engine: device and precisions, in words.
    """

    seconds: float
    parts: dict[str, float]
    accuracy: dict[str, float]
    epochs_s: tuple[float, ...]
    estimated_s: float | None
    estimated_epoch_s: float | None
    frozen_stages: tuple[str, ...]
    image_size_px: int
    engine: str

    @property
    def later_epoch_s(self) -> float:
        """The usual time of an epoch after the first one, which prepares itself."""
        return median(self.epochs_s[1:] or self.epochs_s)


def import_data(root: Path, source: Path, *, test: Path | None = None) -> Dataset:
    """Import a file into a new workspace."""
    return inspect_dataset(Workspace(root), source, test=test)


def forget_passes(root: Path) -> None:
    """Make the next run the first on its data: nothing decoded or passed; network and timings stay."""
    workspace = Workspace(root)
    for key in workspace.cache.keys(""):
        if SAMPLE_SEPARATOR in key:  # an entry of samples, not of a network
            shutil.rmtree(root / "cache" / key)


def forget_machine(root: Path) -> None:
    """Make the next run the first on this machine: nothing converted or timed either."""
    for folder in ("cache", "timings"):
        shutil.rmtree(root / folder, ignore_errors=True)


def run_ours(request: OurRequest) -> OurRun:
    """Execute one run in this process, and read what it stored."""
    workspace = Workspace(request.root)
    choices = RunChoices(
        dataset_id=request.dataset_id,
        strategy=request.strategy,
        frozen_stages=request.frozen_stages,
        settings=request.settings,
    )
    plan = plan_run(workspace, choices)
    estimated_s, epoch_s = _estimates(workspace, plan) if request.is_estimated else (None, None)
    started = time.perf_counter()
    run_id = create_run(workspace, plan.spec)
    execute_run(workspace.root, run_id, should_stop=lambda: None)
    seconds = time.perf_counter() - started
    view = show_run(workspace, run_id)
    return OurRun(
        seconds=seconds,
        parts=dict(view.status.seconds),
        accuracy=_accuracy(view),
        epochs_s=tuple(
            event.elapsed_s for event in view.events if isinstance(event, EpochDone) and event.learning_rate > 0
        ),
        estimated_s=estimated_s,
        estimated_epoch_s=epoch_s,
        frozen_stages=plan.spec.frozen_stages,
        image_size_px=plan.spec.image_size_px,
        engine=view.engine,
    )


def stage_names(root: Path, dataset_id: str) -> tuple[str, ...]:
    """The stages of the backbone that is suggested for a dataset."""
    return plan_run(Workspace(root), RunChoices(dataset_id=dataset_id)).info.stage_names


def _estimates(workspace: Workspace, plan: RunPlan) -> tuple[float, float]:
    """Of the whole run, and of one epoch: what a second one adds to the first."""
    one, two = (
        estimate_run(workspace, replace(plan, spec=replace(plan.spec, epochs=n_epochs))).seconds for n_epochs in (1, 2)
    )
    return estimate_run(workspace, plan).seconds, two - one


def _accuracy(view: RunView) -> dict[str, float]:
    if view.report is None:
        raise RuntimeError(f"the run ended without a report: {view.status}")
    return {part.split: part.accuracy.value for part in view.report.splits}
