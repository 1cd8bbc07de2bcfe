"""The network of a finished run as it was before training, and what its frozen stages make of its samples."""

from __future__ import annotations

from core.arrays import IntArray
from core.backbones.freezing import weights_digest
from core.datasets.records import Dataset
from core.features.engine import engine_like
from core.features.inputs import open_inputs
from core.features.passing import tap_features
from core.features.sources import BatchSource, DenseSource
from core.features.views import Views
from core.workflows.build_classifier import build_classifier
from core.workflows.pooled_features import Progress
from core.workflows.show_run import RunView
from core.workflows.workspace import Workspace


class RunNetwork:
    """Backbone and fresh head of a run, on the engine that the run was made with.

    Attributes:
        classifier: with pretrained weights.
        engine: what runs it.

    Raises:
        MissingWeightsError: the weights are not on this machine.
    """

    def __init__(self, workspace: Workspace, dataset: Dataset, run: RunView) -> None:
        engine = workspace.runs.get(run.id).read_details()["engine"]
        self.classifier = build_classifier(run.spec, dataset.n_classes)
        self.engine = engine_like(dataset.modality, run.spec.precision, backend=engine.get("backend", "torch"))
        self._workspace = workspace
        self._dataset = dataset
        self._size_px = run.spec.image_size_px

    @property
    def n_stages(self) -> int:
        """The cut behind which there is only the head."""
        return len(self.classifier.backbone.stage_names)

    def entering(self, cut: int, rows: IntArray, on_progress: Progress) -> BatchSource:
        """What enters stage number `cut` for these rows of the dataset; after the last one the features."""
        inputs = open_inputs(
            self._dataset,
            self.classifier.backbone.row,
            store=self._workspace.datasets,
            cache=self._workspace.cache,
            image_size_px=self._size_px,
            views=Views(),
        )
        if not cut:
            return inputs.read(rows, lambda done, of: on_progress("Decoding images", done, of))
        is_whole = cut == self.n_stages
        taps = tap_features(
            self.classifier.backbone,
            inputs,
            rows,
            weights_key=weights_digest(self.classifier.backbone),
            cut=None if is_whole else cut,
            want_pooled=is_whole,
            engine=self.engine,
            cache=self._workspace.cache,
            on_progress=lambda done, of: on_progress("Passing samples through the frozen stages", done, of),
            features=self.classifier.features,
        )
        if taps.activations is not None:
            return taps.activations
        assert taps.pooled is not None
        return DenseSource(taps.pooled)
