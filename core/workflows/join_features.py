"""One head on the features of several frozen networks, side by side."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch

from core.arrays import FloatArray
from core.datasets.records import Dataset
from core.training.probe import STRENGTHS, Probe, fit_best_probe
from core.workflows.pooled_features import Progress
from core.workflows.reporting import held_out_rows
from core.workflows.run_network import RunNetwork
from core.workflows.show_run import RunView
from core.workflows.workspace import Workspace


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class JoinedHead:
    """A head on joined features.

    Attributes:
        probe: for the features of all members as they are, side by side in the order of the members.
        logits: of the validation and test samples, shape (n_held_out, n_classes), validation first.
    """

    probe: Probe
    logits: FloatArray


def join_features(workspace: Workspace, dataset: Dataset, runs: Sequence[RunView], on_progress: Progress) -> JoinedHead:
    """Fit a head to the features of all members, as feature extraction fits one to those of a single network.

    The features of each network are brought to one size apart, so that none outweighs the others by its units. The
    regularisation is chosen among training samples held out; neither validation nor test has a say.

    Args:
        workspace: where the runs lie.
        dataset: what they learned from.
        runs: `why_not_combined` has nothing against them.
        on_progress: told about every batch and every regularisation tried; may raise to end it.

    Raises:
        MissingWeightsError: the weights of a backbone are not on this machine.
    """
    networks = [RunNetwork(workspace, run.id, on_progress) for run in runs]
    parts = [_features(network, dataset) for network in networks]
    widths = [width for part in parts for width in part.widths]
    probe = _fit(_joined([part.train for part in parts]), dataset, widths, runs[0].spec.seed, on_progress)
    return JoinedHead(probe=probe, logits=joined_logits(_joined([part.held_out for part in parts]), probe))


def joined_logits(features: FloatArray, probe: Probe) -> FloatArray:
    """Logits, shape (n_samples, n_classes), of joined features, shape (n_samples, n_features)."""
    weight, bias = torch.from_numpy(probe.weight), torch.from_numpy(probe.bias)
    logits: FloatArray = torch.addmm(bias, torch.from_numpy(features), weight.T).numpy()
    return logits


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class _Part:
    """What one network gives: features to learn from, those to be reported on, and how many come from each source."""

    train: FloatArray
    held_out: FloatArray
    widths: tuple[int, ...]


def _features(network: RunNetwork, dataset: Dataset) -> _Part:
    classifier = network.build_start()
    shipped = network.shipped(classifier, cut=len(classifier.backbone.stage_names))
    train = np.asarray(network.of(classifier, dataset.rows("train")), dtype=np.float32)
    return _Part(
        train=train,
        held_out=shipped.answer(held_out_rows(dataset)).features,
        widths=classifier.stage_widths or (train.shape[1],),
    )


def _joined(parts: Sequence[FloatArray]) -> FloatArray:
    return np.concatenate(parts, axis=1)


def _fit(features: FloatArray, dataset: Dataset, widths: Sequence[int], seed: int, on_progress: Progress) -> Probe:
    labels, alike = dataset.labels[dataset.rows("train")], np.ones(dataset.n_classes, dtype=np.float32)
    return fit_best_probe(
        features,
        labels,
        alike,
        seed=seed,
        widths=widths,
        on_trial=lambda n_tried: on_progress("Fitting the head", n_tried, len(STRENGTHS)),
    )
