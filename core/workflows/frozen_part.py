"""The frozen part of a run: every sample passes it once, and the training begins behind it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

import numpy as np

from core.arrays import IntArray
from core.backbones.freezing import cut_index, weights_digest
from core.datasets.records import Dataset
from core.features.engine import choose_engine
from core.features.engine_trial import EngineChoice
from core.features.inputs import Inputs, open_inputs
from core.features.passing import Taps, tap_features
from core.features.sources import BatchSource, DenseSource
from core.training.state import TrainingState
from core.training.training_data import TrainingData
from core.workflows.cut_choice import affordable_cut, views_of
from core.workflows.measurements import Measurements
from core.workflows.shipped_network import ShippedNetwork
from core.workflows.workspace import Workspace


@dataclass(frozen=True, kw_only=True, slots=True)
class FrozenPart:
    """What comes before the training.

    Attributes:
        data: what the training learns from.
        shipped: the network as it leaves, to be asked once it is trained.
        choice: what ran the frozen stages, and why; its engine runs the others, too.
        wanted_cut: leading frozen stages of the plan; `data.cut` is less where keeping that deep took too much disk.
        pass_s: seconds per sample of the pass just now, reading included; None where nothing or little was computed.
    """

    data: TrainingData
    shipped: ShippedNetwork
    choice: EngineChoice
    wanted_cut: int
    pass_s: float | None


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class TrainingRows:
    """Some samples of a dataset, where not all are needed.

    Attributes:
        train: of the training split, to learn from.
        val: of the validation split, to choose by.
    """

    train: IntArray
    val: IntArray


class Steps(Protocol):
    """Who is told how far it has come; either method may raise to end it."""

    def step(self, text: str) -> None:
        """A new step begins."""

    def advance(self, done: int, of: int) -> None:
        """So many units of the present step are done."""


def pass_frozen(
    workspace: Workspace, dataset: Dataset, state: TrainingState, progress: Steps, *, only: TrainingRows | None = None
) -> FrozenPart:
    """Read the samples and pass them through the frozen stages, as far as that was never done before.

    Args:
        workspace: where images, cache and measured numbers lie.
        dataset: the samples.
        state: the training, before its first step.
        progress: told about every batch.
        only: the samples to look at; None for all of the dataset, those of the test split included.
    """
    spec, backbone = state.spec, state.classifier.backbone
    inputs, rows = _open(workspace, dataset, state, progress, only)
    n_units = len(rows) if inputs.lengths is None else int(inputs.lengths[rows].sum())
    cut = affordable_cut(workspace.cache, spec, backbone.stage_names, n_units)
    wants_pooled = any(phase.is_solved for phase in state.phases)
    measured = Measurements(workspace, dataset, spec.model)
    choice = EngineChoice(engine=choose_engine(dataset.modality, spec.precision))
    if wants_pooled or cut:
        progress.step("Choosing the fastest engine")
        choice = measured.engine(spec.precision, spec.image_size_px)
    n_unread = inputs.count_unread(rows)
    progress.step("Passing samples through the frozen stages")
    weights_key = weights_digest(backbone)
    taps = tap_features(
        backbone,
        inputs,
        rows,
        weights_key=weights_key,
        cut=cut if state.trained_stages else None,
        want_pooled=wants_pooled,
        engine=choice.engine,
        cache=workspace.cache,
        on_progress=progress.advance,
        features=state.classifier.features,
    )
    if taps.pass_s and not n_unread:  # otherwise the time of decoding is in it
        measured.record_pass(choice.engine, spec.image_size_px, taps.pass_s)
    data = TrainingData(
        pooled=taps.pooled,
        activations=_entering(taps, inputs, rows, state, progress),
        cut=cut,
        labels=dataset.labels,
        train_rows=dataset.rows("train") if only is None else only.train,
        val_rows=dataset.rows("val") if only is None else only.val,
        n_views=views_of(dataset, spec).n,
        widths=state.classifier.stage_widths or None,
    )
    shipped = ShippedNetwork(
        state.classifier, inputs, cut=cut, engine=choice.engine, cache=workspace.cache, weights_key=weights_key
    )
    wanted_cut = cut_index(backbone.stage_names, spec.frozen_stages)
    return FrozenPart(data=data, shipped=shipped, choice=choice, wanted_cut=wanted_cut, pass_s=taps.pass_s)


def _open(
    workspace: Workspace, dataset: Dataset, state: TrainingState, progress: Steps, only: TrainingRows | None
) -> tuple[Inputs, IntArray]:
    """The inputs, and the rows of them that the training needs."""
    spec, views = state.spec, views_of(dataset, state.spec)
    progress.step("Opening the images" if dataset.modality == "image" else "Splitting texts into tokens")
    inputs = open_inputs(
        dataset,
        state.classifier.backbone.row,
        store=workspace.datasets,
        cache=workspace.cache,
        image_size_px=spec.image_size_px,
        views=views,
    )
    if only is None:
        return inputs, views.rows(dataset.n_samples, dataset.rows("train"))
    return inputs, np.concatenate([only.val, *(only.train + view * dataset.n_samples for view in range(views.n))])


def _entering(taps: Taps, inputs: Inputs, rows: IntArray, state: TrainingState, progress: Steps) -> BatchSource:
    """What enters the first stage that is computed again: activations, the pooled features, or the samples."""
    if taps.activations is not None:
        return taps.activations
    if taps.pooled is not None and not state.trained_stages:
        return DenseSource(taps.pooled)
    progress.step("Decoding images")
    return inputs.read(rows, progress.advance)
