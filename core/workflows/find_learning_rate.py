"""What learning rates do here: some steps at ever larger ones, on a copy of the network that is thrown away."""

from __future__ import annotations

from collections.abc import Callable

from core.backbones.loaders import build_backbone
from core.datasets.records import Dataset
from core.errors import ConfigurationError
from core.evaluation.ranking import nested_sample
from core.training.classifier import Classifier
from core.training.events import BatchDone
from core.training.rate_finder import N_STEPS, has_run_away, steepest_descent, try_rates
from core.training.records import RateSearch, RateTried
from core.training.spec import TrainingSpec
from core.training.state import TrainingState
from core.training.strategies import get_strategy
from core.workflows.frozen_part import TrainingRows, pass_frozen
from core.workflows.plan_run import RunPlan
from core.workflows.workspace import Workspace

__all__ = ["RateSearch", "find_learning_rate"]

MAX_TRAIN, MAX_VAL = 1_000, 64
"""Samples that are looked at: enough for steps that differ, few enough to pass while somebody waits."""

Progress = Callable[[str, int, int], None]


def find_learning_rate(workspace: Workspace, plan: RunPlan, *, on_progress: Progress = lambda *_: None) -> RateSearch:
    """Try rates on the first phase of a plan that takes steps; no run, no weights and no report come of it.

    Only what passes the frozen stages is kept, in the cache, where a run with the same settings finds it.

    Args:
        workspace: where images and cache lie.
        plan: what would be trained; its rates only decide how those of the parts relate.
        on_progress: called with (step, done, of); may raise to end the search.

    Raises:
        ConfigurationError: the plan takes no steps.
        MissingWeightsError: the weights are not on this machine; nothing is downloaded for this.
    """
    spec = plan.spec
    phase = next((phase for phase in plan.phases if not phase.is_solved), None)
    if phase is None:
        raise ConfigurationError(
            f'"{plan.strategy.title}" solves for the head without steps, so there is no rate to find.',
            'Choose a strategy that trains stages, for example "head-then-fine-tune".',
        )
    told = _Told(on_progress)
    told.step("Loading the network")
    dataset = workspace.datasets.load(spec.dataset_id)
    state = TrainingState(spec, plan.phases, _build_classifier(spec, dataset))
    part = pass_frozen(workspace, dataset, state, told, only=_some_rows(dataset, spec.seed))
    told.step("Fitting the head")
    tried: list[RateTried] = []
    for event in try_rates(state, part.data, part.choice.engine):
        if isinstance(event, RateTried):
            tried.append(event)
            on_progress("Trying rates", len(tried), N_STEPS)
        elif isinstance(event, BatchDone):
            told.advance(event.batch, event.n_batches)
    return RateSearch(
        phase=phase.name,
        tried=tuple(tried),
        suggestion=steepest_descent(tried),
        ran_away=has_run_away(tried),
        head_factor=spec.head_learning_rate / spec.learning_rate,
    )


def _build_classifier(spec: TrainingSpec, dataset: Dataset) -> Classifier:
    pretrained = get_strategy(spec.strategy).pretrained
    backbone = build_backbone(spec.model, pretrained=pretrained, seed=spec.seed)
    backbone.train_batch_norm = not pretrained
    return Classifier(backbone, dataset.n_classes, seed=spec.seed)


def _some_rows(dataset: Dataset, seed: int) -> TrainingRows:
    """Samples in the proportions of all; the test split is not touched."""
    train, val = dataset.rows("train"), dataset.rows("val")
    return TrainingRows(
        train=train[nested_sample(dataset.labels[train], MAX_TRAIN, seed=seed)],
        val=val[nested_sample(dataset.labels[val], MAX_VAL, seed=seed)],
    )


class _Told:
    """What the frozen pass says, as progress of a named step."""

    def __init__(self, on_progress: Progress) -> None:
        self._on_progress = on_progress
        self._text = ""

    def step(self, text: str) -> None:
        self._text = text
        self.advance(0, 0)

    def advance(self, done: int, of: int) -> None:
        self._on_progress(self._text, done, of)
