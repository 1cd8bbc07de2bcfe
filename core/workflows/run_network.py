"""The network of a finished run before its training and after it, and what enters its stages."""

from __future__ import annotations

import safetensors.torch
import torch

from core.arrays import FloatArray, IntArray
from core.backbones.freezing import weights_digest
from core.features.engine import engine_like
from core.features.inputs import Inputs, open_inputs
from core.features.passing import Taps, tap_features
from core.features.sources import BatchSource, DenseSource
from core.features.views import Views
from core.training.classifier import Classifier
from core.training.strategies import get_strategy
from core.workflows.build_classifier import build_classifier
from core.workflows.pooled_features import Progress
from core.workflows.shipped_network import ShippedNetwork
from core.workflows.show_run import load_data, require_one_network, require_readable
from core.workflows.workspace import Workspace


class RunNetwork:
    """The network of a finished run at its start and at its end, and what it makes of the samples of its data.

    What the run itself passed through frozen stages lies in the cache and is not computed again; what is computed here
    is kept there, too.

    Args:
        workspace: where the run, its data and the cache lie.
        run_id: the run.
        on_progress: told about every batch; may raise to end it.

    Attributes:
        dataset: that the run learned from.
        spec: its settings.
        engine: what it runs on.
        starts_pretrained: whether it began with pretrained weights; otherwise there is nothing to compare its end with.

    Raises:
        UnknownChoiceError: there is no such run.
        ConfigurationError: it has no model yet.
        MissingWeightsError: the weights it began with are not on this machine any more.
    """

    def __init__(self, workspace: Workspace, run_id: str, on_progress: Progress) -> None:
        run = require_readable(workspace, run_id)
        require_one_network(run)
        self._workspace = workspace
        self._folder = workspace.runs.get(run_id)
        self._on_progress = on_progress
        self.spec = run.spec
        self.dataset = load_data(workspace, run)
        self.starts_pretrained = get_strategy(run.spec.strategy).pretrained
        details = self._folder.read_details()
        backend = details["engine"].get("backend", "torch")
        self.engine = engine_like(details["modality"], run.spec.precision, backend=backend)

    def build_start(self) -> Classifier:
        """The network as the training found it."""
        self._on_progress("Loading the network", 0, 0)
        return build_classifier(self.spec, self.dataset.n_classes).eval()

    def build_end(self) -> Classifier:
        """The network as the run ships it."""
        classifier = self.build_start()
        classifier.load_tensors(safetensors.torch.load_file(self._folder.model_path))
        return classifier.eval()

    def of(self, classifier: Classifier, rows: IntArray) -> FloatArray:
        """What the head reads of these rows of the dataset, shape (n_rows, n_features), float32, in their order."""
        pooled = self._tap(classifier, rows, None).pooled
        assert pooled is not None
        return pooled[rows]

    def entering(self, classifier: Classifier, rows: IntArray, *, cut: int = 0) -> BatchSource:
        """What enters stage number `cut`, of which at least these rows of the dataset can be had; features at the end.

        Args:
            classifier: of `build_start` or `build_end`.
            rows: of the dataset.
            cut: leading stages to pass.
        """
        if not cut:
            return self._open(classifier).read(rows, lambda done, of: self._on_progress("Decoding images", done, of))
        is_whole = cut == len(classifier.backbone.stage_names)
        taps = self._tap(classifier, rows, None if is_whole else cut)
        if taps.activations is not None:
            return taps.activations
        assert taps.pooled is not None
        return DenseSource(taps.pooled)

    def shipped(self, classifier: Classifier, *, cut: int) -> ShippedNetwork:
        """The network as runs report it, to be asked about rows of the dataset.

        Args:
            classifier: of `build_start`; tensors may be put into it afterwards.
            cut: leading stages into which none will be put.
        """
        return ShippedNetwork(
            classifier,
            self._open(classifier),
            cut=cut,
            engine=self.engine,
            cache=self._workspace.cache,
            weights_key=weights_digest(classifier.backbone),
        )

    def _tap(self, classifier: Classifier, rows: IntArray, cut: int | None) -> Taps:
        return tap_features(
            classifier.backbone,
            self._open(classifier),
            rows,
            weights_key=weights_digest(classifier.backbone),
            cut=cut,
            want_pooled=cut is None,
            engine=self.engine,
            cache=self._workspace.cache,
            on_progress=lambda done, of: self._on_progress("Passing samples through the network", done, of),
            features=classifier.features,
        )

    @property
    def device(self) -> torch.device:
        """Where the run computes."""
        return torch.device(self.engine.device)

    def _open(self, classifier: Classifier) -> Inputs:
        return open_inputs(
            self.dataset,
            classifier.backbone.row,
            store=self._workspace.datasets,
            cache=self._workspace.cache,
            image_size_px=self.spec.image_size_px,
            views=Views(),
        )


def moved_stages(start: Classifier, end: Classifier) -> tuple[str, ...]:
    """The stages of which any tensor, buffers included, differs between two states of a network, in network order."""
    return tuple(
        name
        for name in start.backbone.stage_names
        if not _are_equal(start.backbone.stage(name).state_dict(), end.backbone.stage(name).state_dict())
    )


def _are_equal(first: dict[str, torch.Tensor], second: dict[str, torch.Tensor]) -> bool:
    return all(torch.equal(tensor.cpu(), second[name].cpu()) for name, tensor in first.items())
