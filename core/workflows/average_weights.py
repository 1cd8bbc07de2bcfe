"""The mean of several trained networks, grown greedily: a run stays in it only where validation does not fall."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import safetensors.torch
import torch

from core.arrays import FloatArray
from core.datasets.records import Dataset
from core.errors import ConfigurationError
from core.runs.combination import AveragingStep
from core.training.scoring import accuracy_of, predict_logits
from core.workflows.pooled_features import Progress
from core.workflows.reporting import held_out_rows
from core.workflows.run_network import RunNetwork
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
        found = accuracy_of(network.val_logits(mean_tensors([*kept, tensors])), labels)
        is_kept = not kept or found >= best
        steps.append(AveragingStep(run_id=runs[place].id, val_accuracy=found, is_kept=is_kept))
        if is_kept:
            kept, best = [*kept, tensors], found
    if len(kept) == 1:
        raise ConfigurationError(_nothing_added_words(steps, len(labels)), "Average their answers instead.")
    mean = mean_tensors(kept)
    return WeightAverage(tensors=mean, logits=network.shipped_logits(mean), cut=network.cut, steps=tuple(steps))


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
        self.cut: int = min(folder.read_details()["cut"] for folder in folders)
        self._dataset = dataset
        self._network = RunNetwork(workspace, runs[0].id, on_progress)
        self._classifier = classifier = self._network.build_start()
        self._source = self._network.entering(classifier, dataset.rows("val"), cut=self.cut)
        self._shipped = self._network.shipped(classifier, cut=self.cut)
        stored = [safetensors.torch.load_file(folder.model_path) for folder in folders]
        pretrained = classifier.tensors(classifier.backbone.stage_names)
        names = sorted({name for tensors in stored for name in tensors})
        start = {name: pretrained[name].detach().clone() for name in names}
        self.trained: list[Tensors] = [start | tensors for tensors in stored]

    def val_logits(self, tensors: Tensors) -> FloatArray:
        """Of the validation samples, with these tensors, computed as while training."""
        classifier, engine = self._classifier, self._network.engine
        classifier.load_tensors(tensors)
        engine.place(classifier)
        return predict_logits(classifier, self._source, self._dataset.rows("val"), start=self.cut, engine=engine)

    def shipped_logits(self, tensors: Tensors) -> FloatArray:
        """Of the validation and test samples, with these tensors, as the new run reports and predicts."""
        self._classifier.load_tensors(tensors)
        return self._shipped.answer(held_out_rows(self._dataset)).logits
