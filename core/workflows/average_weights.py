"""The mean of several trained networks, grown greedily: a run stays in it only where validation does not fall."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import safetensors.torch
import torch

from core.arrays import FloatArray, IntArray
from core.backbones.freezing import weights_digest
from core.datasets.records import Dataset, SplitName
from core.errors import ConfigurationError
from core.features.engine import engine_like
from core.features.inputs import open_inputs
from core.features.passing import tap_features
from core.features.sources import BatchSource, DenseSource
from core.features.views import Views
from core.runs.combination import AveragingStep
from core.training.scoring import accuracy_of, predict_logits
from core.workflows.build_classifier import build_classifier
from core.workflows.pooled_features import Progress
from core.workflows.reporting import REPORTED_SPLITS
from core.workflows.show_run import RunView
from core.workflows.workspace import Workspace

Tensors = dict[str, torch.Tensor]


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class WeightAverage:
    """An average of weights.

    Attributes:
        tensors: all that any of the runs trained, averaged over those kept.
        logits: of the validation and test samples, shape (n_held_out, n_classes), validation first.
        cut: leading stages that none of the runs trained.
        steps: what was tried, in order; the first is the best run alone.
    """

    tensors: Tensors
    logits: FloatArray
    cut: int
    steps: tuple[AveragingStep, ...]


def average_weights(
    workspace: Workspace, dataset: Dataset, runs: Sequence[RunView], on_progress: Progress
) -> WeightAverage:
    """Add one run after the other to the mean, and take out again what lowers the validation accuracy.

    This is the greedy soup of Wortsman et al. 2022, so that the mean is never worse on validation than the best run.

    Args:
        workspace: where the runs lie.
        dataset: what they learned from.
        runs: best first; `why_not_combined` has nothing against them.
        on_progress: told about every run.

    Raises:
        ConfigurationError: no other run could be added to the first.
        MissingWeightsError: the weights of the backbone are not on this machine.
    """
    on_progress("Loading the network", 0, 0)
    network = _Network(workspace, dataset, runs, on_progress)
    labels = dataset.labels[dataset.rows("val")]
    kept: list[Tensors] = []
    best, steps = 0.0, []
    for place, tensors in enumerate(network.trained):
        on_progress("Adding runs to the average", place, len(runs))
        found = accuracy_of(network.logits(mean_tensors([*kept, tensors]), ("val",)), labels)
        is_kept = not kept or found >= best
        steps.append(AveragingStep(run_id=runs[place].id, val_accuracy=found, is_kept=is_kept))
        if is_kept:
            kept, best = [*kept, tensors], found
    if len(kept) == 1:
        raise ConfigurationError(_nothing_added_words(steps, len(labels)), "Average their answers instead.")
    mean = mean_tensors(kept)
    return WeightAverage(
        tensors=mean, logits=network.logits(mean, REPORTED_SPLITS), cut=network.cut, steps=tuple(steps)
    )


def mean_tensors(networks: Sequence[Tensors]) -> Tensors:
    """The mean of tensors of the same names and shapes; what is counted rather than measured is the first one's."""
    first = networks[0]
    return {
        name: torch.stack([one[name] for one in networks]).mean(dim=0) if tensor.is_floating_point() else tensor
        for name, tensor in first.items()
    }


def _nothing_added_words(steps: Sequence[AveragingStep], n_val: int) -> str:
    lowered = ", ".join(f"{step.run_id} to {step.val_accuracy:.1%}" for step in steps[1:])
    return (
        "No average of weights was made: each other run lowers the accuracy of the best one, "
        f"{steps[0].val_accuracy:.1%} on {n_val:,} validation samples ({lowered})."
    )


class _Network:
    """One network into which tensors of any of the runs can be put, and what enters the first stage they trained.

    Attributes:
        cut: leading stages that none of the runs trained.
        trained: of each run all tensors that any of them trained; where it did not, the pretrained ones.
    """

    def __init__(self, workspace: Workspace, dataset: Dataset, runs: Sequence[RunView], on_progress: Progress) -> None:
        folders = [workspace.runs.get(run.id) for run in runs]
        details = [folder.read_details() for folder in folders]
        spec = runs[0].spec
        backend = details[0]["engine"].get("backend", "torch")
        self.cut: int = min(one["cut"] for one in details)
        self._engine = engine_like(dataset.modality, spec.precision, backend=backend)
        self._classifier = build_classifier(spec, dataset.n_classes)
        self._dataset = dataset
        self._source = self._pass(workspace, spec.image_size_px, on_progress)
        stored = [safetensors.torch.load_file(folder.model_path) for folder in folders]
        pretrained = self._classifier.tensors(self._classifier.backbone.stage_names)
        names = sorted({name for tensors in stored for name in tensors})
        start = {name: pretrained[name].detach().clone() for name in names}
        self.trained: list[Tensors] = [start | tensors for tensors in stored]

    def logits(self, tensors: Tensors, splits: Sequence[SplitName]) -> FloatArray:
        """Of the samples of these splits, in their order, with these tensors."""
        self._classifier.load_tensors(tensors)
        self._engine.place(self._classifier)
        rows = np.concatenate([self._dataset.rows(split) for split in splits])
        return predict_logits(self._classifier, self._source, rows, start=self.cut, engine=self._engine)

    def _pass(self, workspace: Workspace, size_px: int, on_progress: Progress) -> BatchSource:
        """What lies before the cut, of all samples that were held out; their labels have no part in it."""
        backbone = self._classifier.backbone
        inputs = open_inputs(
            self._dataset,
            backbone.row,
            store=workspace.datasets,
            cache=workspace.cache,
            image_size_px=size_px,
            views=Views(),
        )
        rows: IntArray = np.concatenate([self._dataset.rows(split) for split in REPORTED_SPLITS])
        if not self.cut:
            return inputs.read(rows, lambda done, of: on_progress("Decoding images", done, of))
        is_whole = self.cut == len(backbone.stage_names)
        taps = tap_features(
            backbone,
            inputs,
            rows,
            weights_key=weights_digest(backbone),
            cut=None if is_whole else self.cut,
            want_pooled=is_whole,
            engine=self._engine,
            cache=workspace.cache,
            on_progress=lambda done, of: on_progress("Passing samples through the frozen stages", done, of),
            features=self._classifier.features,
        )
        if taps.activations is not None:
            return taps.activations
        assert taps.pooled is not None
        return DenseSource(taps.pooled)
