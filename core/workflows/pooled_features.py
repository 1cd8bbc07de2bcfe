"""Pooled features of some samples, before any run: what the questions about a backbone are answered from."""

from __future__ import annotations

import time
from collections.abc import Callable

from core.arrays import FloatArray, IntArray
from core.backbones.freezing import weights_digest
from core.backbones.loaders import build_backbone
from core.backbones.records import BackboneRow
from core.datasets.records import Dataset
from core.errors import ConfigurationError
from core.features.frozen_pass import build_pass
from core.features.inputs import open_inputs
from core.features.passing import carry, tap_features
from core.features.views import Views
from core.workflows.measurements import Measurements
from core.workflows.plan_run import RunChoices, plan_run
from core.workflows.workspace import Workspace

TIMED_SAMPLES = 64

Progress = Callable[[str, int, int], None]
"""Called with (step, done, of); may raise to end what it is told about."""


def require_modality(row: BackboneRow, dataset: Dataset) -> None:
    """Raises ConfigurationError where the backbone takes something else than the dataset holds."""
    if row.modality != dataset.modality:
        raise ConfigurationError(
            f'The dataset holds {dataset.modality}s, but the backbone "{row.id}" takes {row.modality}s.',
            "Name a backbone for the same kind of data, or none at all.",
        )


class PooledPass:
    """One backbone and one dataset, as a run with suggested settings joins them; what is computed here it finds cached.

    Args:
        workspace: where images, cache and measured numbers lie.
        dataset: as stored in the workspace.
        row: a backbone for the same kind of data.
        on_progress: told about every batch.

    Attributes:
        image_size_px: side at which images pass.

    Raises:
        MissingWeightsError: the weights are not on this machine; nothing is downloaded.
    """

    def __init__(self, workspace: Workspace, dataset: Dataset, row: BackboneRow, on_progress: Progress) -> None:
        on_progress(f"{row.title}: loading", 0, 0)
        choices = RunChoices(dataset_id=dataset.id, model=row.id, strategy="feature-extraction")
        spec = plan_run(workspace, choices).spec
        self.image_size_px = spec.image_size_px
        self._title = row.title
        self._on_progress = on_progress
        self._cache = workspace.cache
        self._backbone = build_backbone(row.id, pretrained=True)
        self._weights_key = weights_digest(self._backbone)
        self._measured = Measurements(workspace, dataset, row.id)
        self._engine = self._measured.engine(spec.precision, spec.image_size_px).engine
        self._inputs = open_inputs(
            dataset,
            row,
            store=workspace.datasets,
            cache=workspace.cache,
            image_size_px=spec.image_size_px,
            views=Views(),
        )

    def features(self, samples: IntArray) -> FloatArray:
        """Pooled features of these rows of the dataset, shape (n_samples, n_features), float32, in their order."""
        # Decoded before the pass rather than during it: the time of the pass is then the network's alone.
        self._inputs.read(samples, lambda done, of: self._on_progress("Decoding images", done, of))
        taps = tap_features(
            self._backbone,
            self._inputs,
            samples,
            weights_key=self._weights_key,
            cut=None,
            want_pooled=True,
            engine=self._engine,
            cache=self._cache,
            on_progress=lambda done, of: self._on_progress(f"{self._title}: passing samples", done, of),
        )
        if taps.pass_s:
            self._measured.record_pass(self._engine, self.image_size_px, taps.pass_s)
        assert taps.pooled is not None
        return taps.pooled[samples]

    def ms_per_sample(self, samples: IntArray) -> float:
        """Milliseconds through the network, decoding left out; some of these rows are timed if no pass ever was."""
        seconds = self._measured.pass_s(self._engine, self.image_size_px)
        return 1_000 * (self._time(samples[:TIMED_SAMPLES]) if seconds is None else seconds)

    def _time(self, samples: IntArray) -> float:
        """Seconds per sample where all features were cached before anybody timed them."""
        frozen_pass = build_pass(
            self._backbone,
            cut=None,
            want_pooled=True,
            engine=self._engine,
            cache=self._cache,
            weights_key=self._weights_key,
        )
        with self._inputs.reading(samples) as source:
            for _ in range(2):  # the first time prepares the engine
                started = time.perf_counter()
                for _ in carry(source, samples, frozen_pass):
                    pass
        return (time.perf_counter() - started) / len(samples)
