"""A finished run's network as a backbone to begin with, for other data or for more training."""

from __future__ import annotations

import hashlib

import safetensors.torch

from core.backbones.own_weights import keep_trained_weights
from core.backbones.records import OwnWeights
from core.datasets.records import Modality
from core.errors import ConfigurationError
from core.runs.folder import RunFolder
from core.runs.records import READABLE_STATES
from core.training.strategies import get_strategy
from core.workflows.ancestry import known_samples
from core.workflows.build_classifier import build_classifier
from core.workflows.show_run import RunCard, RunView, list_runs, require_one_network, require_readable
from core.workflows.workspace import Workspace


def list_beginnings(workspace: Workspace, modality: Modality) -> tuple[RunCard, ...]:
    """The finished runs for such data that trained stages of one network, newest first."""
    return tuple(
        card
        for card in list_runs(workspace)
        if card.status.state in READABLE_STATES
        and card.accuracy is not None
        and get_strategy(card.spec.strategy).freezes != "all"
        and card.modality == modality
        and (card.combination is None or card.combination.kind == "weights")
    )


def start_from_run(workspace: Workspace, run_id: str) -> OwnWeights:
    """Keep a run's network as a backbone, beside the weights of the person's own; it stays when the run is deleted.

    Args:
        workspace: where the run lies.
        run_id: a finished run that trained stages.

    Returns:
        What was kept; its `id` can be used wherever that of a backbone can.

    Raises:
        UnknownChoiceError: there is no such run.
        ConfigurationError: it has no model yet, no network of its own, or left its network as it found it.
        MissingWeightsError: the weights it began with are not on this machine.
    """
    run = require_readable(workspace, run_id)
    require_one_network(run)
    if get_strategy(run.spec.strategy).freezes == "all":
        raise ConfigurationError(
            f"Run {run_id} fitted a head and left its network as it was.",
            f'Begin with the network itself: "{run.spec.model}".',
        )
    folder = workspace.runs.get(run_id)
    learned = _learned(workspace, folder, run)
    classifier = build_classifier(run.spec, len(run.class_names))
    classifier.load_tensors(safetensors.torch.load_file(folder.model_path))
    with folder.model_path.open("rb") as content:
        digest = hashlib.file_digest(content, "sha256").hexdigest()
    name = f"run {run_id}" + (f" on {run.dataset_name}" if run.dataset_name else "")
    return keep_trained_weights(
        classifier.backbone,
        run_id=run_id,
        digest=digest,
        name=name,
        learned=learned | known_samples(run.spec.model),
    )


def _learned(workspace: Workspace, folder: RunFolder, run: RunView) -> frozenset[str]:
    """Which samples it learned from; those who judge a later run must not be among them unnoticed."""
    stored = folder.read_json("learned")
    if stored is not None:
        return frozenset(map(str, stored["samples"]))
    if not run.has_data:
        raise ConfigurationError(
            f"Run {run.id} is from before it was kept which samples a run learned from, and its data are gone.",
            "Train again on the data, and begin with that run.",
        )
    dataset = workspace.datasets.load(run.spec.dataset_id)
    return frozenset(dataset.sample_ids[row] for row in dataset.rows("train"))
