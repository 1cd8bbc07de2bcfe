"""How far each stage of a run's network went from where it was pretrained, in its weights and in what leaves it."""

from __future__ import annotations

import time

import numpy as np
import torch

from core.arrays import FloatArray, IntArray
from core.backbones.freezing import copy_tensors, movement
from core.backbones.pooling import mean_over_positions
from core.backbones.staged import StagedBackbone
from core.errors import ConfigurationError
from core.evaluation.alignment import MIN_SAMPLES, linear_cka
from core.evaluation.ranking import nested_sample
from core.evaluation.records import Drift, StageDrift
from core.features.passing import by_length, chunks
from core.features.sources import Batch
from core.runs.records import utc_now
from core.settings import DEFAULT_SEED
from core.training.classifier import Classifier
from core.training.strategies import get_strategy
from core.workflows.pooled_features import Progress
from core.workflows.run_network import RunNetwork, moved_stages
from core.workflows.show_run import RunView, show_run
from core.workflows.stored_studies import save_drift
from core.workflows.workspace import Workspace

Pair = tuple[FloatArray, FloatArray]
"""Of the network at its start, and of that at its end."""

MAX_SAMPLES, BATCH_SIZE = 512, 32
MOST_SHARE = 0.5
"""Of the farthest stage: who went at least so far went "most"."""


def measure_drift(workspace: Workspace, run_id: str, *, on_progress: Progress = lambda *_: None) -> Drift:
    """Compare the network a run began with and the one it ships, stage by stage; kept with the run.

    Up to 512 validation samples pass both in single precision; what leaves a stage is averaged over its positions. The
    leading stages of which not one tensor differs are passed once for both.

    Args:
        workspace: where the run and its data lie.
        run_id: a finished run that trained stages of a pretrained network.
        on_progress: called with (step, done, of); may raise to end it.

    Raises:
        UnknownChoiceError: there is no such run.
        ConfigurationError: it has no model yet, there is nothing to compare, or too few validation samples.
        MissingWeightsError: the pretrained weights are not on this machine any more.
    """
    started = time.perf_counter()
    run = RunNetwork(workspace, run_id, on_progress)
    if why := why_no_drift(show_run(workspace, run_id)):
        raise ConfigurationError(why, "Ask about a run that fine-tuned stages.")
    val = run.dataset.rows("val")
    rows = val[nested_sample(run.dataset.labels[val], MAX_SAMPLES, seed=DEFAULT_SEED)]
    if len(rows) < MIN_SAMPLES:
        raise ConfigurationError(
            f"What leaves a stage is compared on {MIN_SAMPLES} validation samples or more; found {len(rows)}.",
            "Add labeled samples and train again.",
        )
    start, end = run.build_start(), run.build_end()
    drift = Drift(
        stages=_compare(run, start, end, rows, on_progress),
        n_samples=len(rows),
        n_val=len(val),
        seconds=time.perf_counter() - started,
        created_at=utc_now(),
    )
    save_drift(workspace, run_id, drift)
    return drift


def why_no_drift(run: RunView) -> str:
    """Why there is nothing to compare in a run, one sentence; empty where there is."""
    strategy = get_strategy(run.spec.strategy)
    if not strategy.pretrained:
        return "This run learned from scratch: there is no pretrained network it could have gone away from."
    if strategy.freezes == "all":
        return "Only the head was trained in this run: all stages are as they were pretrained."
    if run.state_chosen is not None and run.state_chosen.kept == "head":
        return "This run ships the fitted head, not what was trained after it: all stages are as they were pretrained."
    return ""


def drift_in_words(drift: Drift) -> str:
    """Which stages went farthest, and which did not go at all."""
    moved = [stage for stage in drift.stages if stage.weights]
    if not moved:
        return "No stage moved: the network is as it was pretrained."
    farthest = max(_distance(stage) for stage in moved)
    most = [stage.name for stage in moved if _distance(stage) >= MOST_SHARE * farthest]
    told = f"{_listed(most)} moved {'most' if len(moved) > 1 else 'alone'}"
    leading = next(at for at, stage in enumerate(drift.stages) if stage.weights)
    if leading:
        first = [stage.name for stage in drift.stages[:leading]]
        told += f"; {_as_they_were(first)}"
    carried = [stage.name for stage in drift.stages[leading:] if not stage.weights]
    if carried:
        told += (
            f". The weights of {_listed(carried)} are as they were, too, but what enters "
            f"{'them' if len(carried) > 1 else 'it'} changed"
        )
    return f"{told}."


def _compare(
    run: RunNetwork, start: Classifier, end: Classifier, rows: IntArray, on_progress: Progress
) -> tuple[StageDrift, ...]:
    moved, names = moved_stages(start, end), start.backbone.stage_names
    n_alike = next((at for at, name in enumerate(names) if name in moved), len(names))
    weights = [movement(copy_tensors(start.backbone.stage(name)), end.backbone.stage(name)) for name in names]
    source = run.entering(start, rows)
    both = _Both(start.backbone, end.backbone, n_alike, run.device)
    parts: list[list[Pair]] = []
    for part in chunks(by_length(rows, source.lengths), BATCH_SIZE):
        on_progress("Passing samples through both networks", sum(len(done[0][0]) for done in parts), len(rows))
        parts.append(both.outputs(source.batch(part)))
    on_progress("Comparing what leaves the stages", 0, 0)
    return tuple(
        StageDrift(
            name=name,
            trained=name not in run.spec.frozen_stages,
            weights=weight,
            representation=_distant(*(np.concatenate(side) for side in zip(*pairs, strict=True))),
        )
        for name, weight, pairs in zip(names, weights, zip(*parts, strict=True), strict=True)
    )


class _Both:
    """A network at its start and at its end; the first `n_alike` stages are the same in both."""

    def __init__(self, start: StagedBackbone, end: StagedBackbone, n_alike: int, device: torch.device) -> None:
        self._start, self._end = (backbone.eval().to(device) for backbone in (start, end))
        self._n_alike = n_alike
        self._device = device

    def outputs(self, batch: Batch) -> list[Pair]:
        """What leaves every stage of both, averaged over positions, each of shape (n, width)."""
        batch = batch.to(self._device)
        before = after = batch.values
        found = []
        with torch.inference_mode():
            for stage in range(len(self._start.stage_names)):
                before = self._start.run_stages(before, batch.mask, start=stage, stop=stage + 1)
                is_shared = stage < self._n_alike
                after = before if is_shared else self._end.run_stages(after, batch.mask, start=stage, stop=stage + 1)
                found.append((_pooled(before, batch), _pooled(after, batch)))
        return found


def _pooled(activation: torch.Tensor, batch: Batch) -> FloatArray:
    return np.asarray(mean_over_positions(activation, batch.mask).cpu().numpy())


def _distant(before: FloatArray, after: FloatArray) -> float | None:
    alike = linear_cka(before, after)
    return None if alike is None else min(1.0, 1 - alike)


def _distance(stage: StageDrift) -> float:
    return stage.weights if stage.representation is None else stage.representation


def _as_they_were(names: list[str]) -> str:
    if len(names) == 1:
        return f"{names[0]} is as it was"
    return f"the first {len(names)}, {names[0]} to {names[-1]}, are as they were"


def _listed(names: list[str]) -> str:
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} and {names[-1]}"
