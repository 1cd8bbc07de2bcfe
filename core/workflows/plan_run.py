"""Before a training: what is suggested, what was chosen, and what that means in stages, parameters and phases."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path

import numpy as np

from core.backbones.catalogue import DEFAULT_BACKBONES, get_backbone, list_backbones
from core.backbones.freezing import count_parameters, cut_index, frozen_until, require_stages
from core.backbones.measuring import describe_backbone
from core.backbones.records import BackboneInfo, BackboneRow, ImagePreprocessing, ParameterCount, TensorChoice
from core.datasets.decode import image_size
from core.datasets.records import Dataset
from core.datasets.store import DatasetStore
from core.errors import ConfigurationError, UnknownChoiceError
from core.features.engine import choose_engine
from core.training.batches import PAIR
from core.training.settings import list_settings
from core.training.spec import TrainingSpec
from core.training.strategies import (
    Phase,
    Strategy,
    build_phases,
    get_strategy,
    list_strategies,
    offered_strategies,
    resolve_frozen,
)
from core.training.suggest import DataFacts, Suggestion, suggest
from core.workflows.workspace import Workspace

__all__ = [
    "Phase",
    "RunChoices",
    "RunPlan",
    "data_facts",
    "is_offered",
    "list_strategies",
    "offered_strategies",
    "plan_run",
]

PARTS: dict[TensorChoice, str] = {
    "all": "whole stages",
    "norms-and-biases": "norms and biases",
    "low-rank": "adapters beside the projections to queries and values of an attention",
}

SIZE_SAMPLE = 60
"""Images whose size is looked at to know the usual one."""


@dataclass(frozen=True, kw_only=True, slots=True)
class RunChoices:
    """What a person has chosen so far; None and absent settings mean "as suggested".

    Attributes:
        dataset_id: the data.
        model: id of a backbone.
        strategy: id of a strategy.
        frozen_stages: exactly these stages are frozen.
        freeze_until: all stages up to this one, included, are frozen as well.
        settings: values by the name of their row in `core.training.settings`.
    """

    dataset_id: str
    model: str | None = None
    strategy: str | None = None
    frozen_stages: tuple[str, ...] | None = None
    freeze_until: str | None = None
    settings: Mapping[str, int | float | str] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True, slots=True)
class RunPlan:
    """What will happen if it is started now.

    Attributes:
        spec: the settings, complete and checked.
        info: the backbone, measured.
        strategy: the row.
        suggestion: what the rules say for this backbone, data and device, with reasons.
        parameters: of the last phase, head included.
        cut: leading frozen stages; they run once per sample.
        phases: what will be done, in order.
        device: "cpu", "cuda" or "mps".
        n_steps: optimiser steps at most, over all phases.
    """

    spec: TrainingSpec
    info: BackboneInfo
    strategy: Strategy
    suggestion: Suggestion
    parameters: ParameterCount
    cut: int
    phases: tuple[Phase, ...]
    device: str
    n_steps: int


def plan_run(workspace: Workspace, choices: RunChoices) -> RunPlan:
    """The plan for what was chosen, the rest filled in as suggested; nothing is computed or stored.

    Raises:
        UnknownChoiceError: a name that no catalogue has.
        ConfigurationError: choices that contradict each other, or settings out of bounds.
    """
    dataset = workspace.datasets.load(choices.dataset_id)
    info = _backbone_for(dataset, choices.model)
    device = choose_engine(dataset.modality, "auto").device
    wanted = _wanted_frozen(info, choices)
    facts = data_facts(workspace, dataset)
    suggestion = suggest(facts, info, device, strategy=_wanted_strategy(info, choices.strategy, wanted))
    strategy = get_strategy(suggestion.strategy)
    _require_fitting(strategy, dataset)
    frozen = _with_idle(strategy, info, resolve_frozen(strategy, info.stage_names, wanted, suggestion.frozen_stages))
    spec = _build_spec(choices, info, strategy, frozen, suggestion)
    _require_size(info.row, spec.image_size_px)
    _require_blendable(spec, dataset, info)
    phases = build_phases(spec, info.stage_names)
    return RunPlan(
        spec=spec,
        info=info,
        strategy=strategy,
        suggestion=suggestion,
        parameters=count_parameters(
            info, frozen, dataset.n_classes, tensors=strategy.tensors, features=strategy.features
        ),
        cut=cut_index(info.stage_names, frozen),
        phases=phases,
        device=device,
        n_steps=-(-facts.n_train // spec.batch_size) * sum(phase.n_epochs for phase in phases),
    )


def _with_idle(strategy: Strategy, info: BackboneInfo, frozen: tuple[str, ...]) -> tuple[str, ...]:
    """And the stages in which nothing is of the kind that trains, as GPT-2's embeddings have no norm and no bias.

    Raises:
        ConfigurationError: nothing would train.
    """
    if strategy.tensors == "all":
        return frozen
    idle = [stage.name for stage in info.stages if not stage.n_trained(strategy.tensors)]
    stays = tuple(name for name in info.stage_names if name in frozen or name in idle)
    if len(stays) == len(info.stages):
        where = ", ".join(name for name in idle if name not in frozen)
        is_hopeless = len(idle) == len(info.stages)
        raise ConfigurationError(
            f'"{strategy.title}" trains only {PARTS[strategy.tensors]}, and {where} of {info.row.title} has none.',
            ("Choose" if is_hopeless else "Leave another stage trainable, or choose")
            + ' the strategy "head-then-fine-tune".',
        )
    return stays


def _require_fitting(strategy: Strategy, dataset: Dataset) -> None:
    if strategy.modality not in (None, dataset.modality):
        raise ConfigurationError(
            f'"{strategy.title}" is for {strategy.modality}s, and the dataset holds {dataset.modality}s.',
            'Choose the strategy "head-then-fine-tune".',
        )
    if strategy.id == "contrastive" and np.bincount(dataset.labels[dataset.rows("train")]).max() < PAIR:
        raise ConfigurationError(
            f'"{strategy.title}" compares training samples of one class, and no class has two of them.',
            'Bring more samples, or choose the strategy "feature-extraction".',
        )


def _require_blendable(spec: TrainingSpec, dataset: Dataset, info: BackboneInfo) -> None:
    """Token ids have no middle: texts are blended behind their embeddings."""
    if spec.mixup and dataset.modality == "text" and info.stage_names[0] not in spec.frozen_stages:
        raise ConfigurationError(
            f'Texts are blended where they enter the trainable stages, and here "{info.stage_names[0]}" trains.',
            f'Freeze "{info.stage_names[0]}", or set the mixing of samples to 0.',
        )


def is_offered(strategy: str, model: str) -> bool:
    """Whether a strategy has something to train in a backbone; raises UnknownChoiceError for an unknown backbone."""
    return strategy in {row.id for row in offered_strategies(describe_backbone(model))}


def data_facts(workspace: Workspace, dataset: Dataset) -> DataFacts:
    """What the suggestion needs to know about a dataset."""
    return _data_facts(workspace.root, dataset.id)


@lru_cache(maxsize=64)
def _data_facts(root: Path, dataset_id: str) -> DataFacts:
    """Of a dataset, which never changes; a page that lists strategies asks a dozen times at every press."""
    store = Workspace(root).datasets
    dataset = store.load(dataset_id)
    counts = np.bincount(dataset.labels[dataset.rows("train")], minlength=dataset.n_classes)
    return DataFacts(
        modality=dataset.modality,
        n_train=int(counts.sum()),
        n_classes=dataset.n_classes,
        min_per_class=int(counts.min()),
        max_per_class=int(counts.max()),
        median_side_px=_median_side(store, dataset) if dataset.modality == "image" else None,
    )


def _median_side(store: DatasetStore, dataset: Dataset) -> int:
    """Of some images."""
    step = max(1, dataset.n_samples // SIZE_SAMPLE)
    paths = [store.image_path(sample_id) for sample_id in dataset.sample_ids[::step]]
    return int(np.median([min(image_size(path)) for path in paths]))


def _backbone_for(dataset: Dataset, model: str | None) -> BackboneInfo:
    row = get_backbone(model or DEFAULT_BACKBONES[dataset.modality])
    if row.modality != dataset.modality:
        fitting = ", ".join(other.id for other in list_backbones(dataset.modality))
        raise ConfigurationError(
            f'The dataset holds {dataset.modality}s, but the backbone "{row.id}" takes {row.modality}s.',
            f"Choose one of: {fitting}.",
        )
    return describe_backbone(row.id)


def _wanted_frozen(info: BackboneInfo, choices: RunChoices) -> tuple[str, ...] | None:
    if choices.frozen_stages is None and choices.freeze_until is None:
        return None
    single = choices.frozen_stages or ()
    require_stages(info.stage_names, single)
    until = frozen_until(info.stage_names, choices.freeze_until) if choices.freeze_until else ()
    return tuple(name for name in info.stage_names if name in single or name in until)


def _wanted_strategy(info: BackboneInfo, strategy: str | None, wanted: tuple[str, ...] | None) -> str | None:
    """The strategy a person named; who leaves stages trainable without naming one wants them trained."""
    if strategy:
        return get_strategy(strategy).id
    return "head-then-fine-tune" if wanted is not None and len(wanted) < len(info.stage_names) else None


def _require_size(row: BackboneRow, image_size_px: int) -> None:
    """Raises ConfigurationError where the backbone cannot take images of this size."""
    if not isinstance(row.preprocessing, ImagePreprocessing):
        return
    expected = row.preprocessing.size_px
    if row.fixed_size and image_size_px != expected:
        raise ConfigurationError(
            f"{row.title} takes images of {expected} px only, the size it was pretrained at; found {image_size_px} px.",
            f"Set the image size to {expected}, or choose another backbone.",
        )
    if image_size_px < row.min_size_px:
        raise ConfigurationError(
            f"{row.title} halves images so often that it needs {row.min_size_px} px; found {image_size_px} px.",
            f"Set the image size to {row.min_size_px} or more, best {expected}.",
        )


def _build_spec(
    choices: RunChoices, info: BackboneInfo, strategy: Strategy, frozen: tuple[str, ...], suggestion: Suggestion
) -> TrainingSpec:
    names = [setting.name for setting in list_settings()]
    for name in choices.settings:
        if name not in names:
            raise UnknownChoiceError("setting", name, names)
    return TrainingSpec.from_json(
        {
            "dataset_id": choices.dataset_id,
            "model": info.row.id,
            "strategy": strategy.id,
            "frozen_stages": frozen,
            "reason": suggestion.strategy_reason,
            **dict(suggestion.settings),
            **{name: value for name, value in choices.settings.items() if name not in strategy.idle_settings},
        }
    )
