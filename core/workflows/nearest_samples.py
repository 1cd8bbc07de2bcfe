"""The training samples that lie nearest to an input, as a finished run's network sees both."""

from __future__ import annotations

import time
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from core.arrays import FloatArray, IntArray
from core.backbones.freezing import weights_digest
from core.datasets.records import Dataset
from core.errors import DatasetError
from core.evaluation.ranking import nested_sample
from core.explanation.neighbours import nearest
from core.features.inputs import image_inputs, open_inputs, text_inputs
from core.features.passing import tap_features
from core.features.sources import BatchSource
from core.features.views import Views
from core.settings import DEFAULT_SEED
from core.training.inference import classify
from core.workflows.loaded_model import LoadedModel
from core.workflows.predict import require_model
from core.workflows.show_run import RunView, load_data
from core.workflows.workspace import Workspace

N_NEAREST = 6

MAX_FROZEN, MAX_TRAINED = 20_000, 1_000
"""Training samples looked at. Features of a frozen network are in the cache; those of a trained one are computed when
it is first asked."""

SAYS = (
    "Shows which training samples look most like it to the network; it does not show what the answer was made from, "
    "because the head compares no samples and a random head would have the same neighbours."
)


@dataclass(frozen=True, kw_only=True, slots=True)
class NearSample:
    """A training sample near an input.

    Attributes:
        sample_id: hash of its content.
        source: where it came from, as the person knows it; for display only.
        text: the text; empty for images.
        thumbnail: a small picture; None for texts.
        class_name: its label.
        similarity: cosine similarity of the features, see `core.explanation.records.Neighbour`.
    """

    sample_id: str
    source: str
    text: str
    thumbnail: Path | None
    class_name: str
    similarity: float


@dataclass(frozen=True, kw_only=True, slots=True)
class NearestSamples:
    """Training samples near an input.

    Attributes:
        samples: nearest first.
        n_looked_at: training samples that were looked at.
        n_train: training samples there are.
        seconds: how long it took.
    """

    samples: tuple[NearSample, ...]
    n_looked_at: int
    n_train: int
    seconds: float


def nearest_to_image(workspace: Workspace, run_id: str, image: Path | bytes, *, n: int = N_NEAREST) -> NearestSamples:
    """The training samples nearest to an image.

    Raises:
        UnknownChoiceError: there is no such run.
        ConfigurationError: the run has no model yet, or takes texts.
        DatasetError: the file is no image that can be read.
    """
    started = time.perf_counter()
    run, model = require_model(workspace, run_id, "image")
    inputs = image_inputs(model.classifier.backbone.row, [image], run.spec.image_size_px)
    return _nearest(workspace, run, model, inputs, n, started)


def nearest_to_text(workspace: Workspace, run_id: str, text: str, *, n: int = N_NEAREST) -> NearestSamples:
    """The training samples nearest to a text.

    Raises:
        UnknownChoiceError: there is no such run.
        ConfigurationError: the run has no model yet, or takes images.
        DatasetError: the text is empty.
    """
    started = time.perf_counter()
    run, model = require_model(workspace, run_id, "text")
    if not text.strip():
        raise DatasetError("The text is empty.", "Write at least one word.")
    return _nearest(workspace, run, model, text_inputs(model.classifier.backbone.row, (text,)), n, started)


def _nearest(
    workspace: Workspace, run: RunView, model: LoadedModel, inputs: BatchSource, n: int, started: float
) -> NearestSamples:
    dataset = load_data(workspace, run)
    rows = _rows_to_look_at(dataset, model)
    with model.turns.together():
        asked = classify(model.classifier, inputs, model.frozen_pass, cut=model.cut, engine=model.engine)
        (of_input,) = asked.features
        features = _training_features(workspace, run, model, dataset, rows)
    found = nearest(features, of_input, n=n)
    return NearestSamples(
        samples=tuple(_sample(workspace, dataset, int(rows[one.row]), one.similarity) for one in found),
        n_looked_at=len(rows),
        n_train=len(dataset.rows("train")),
        seconds=time.perf_counter() - started,
    )


def _rows_to_look_at(dataset: Dataset, model: LoadedModel) -> IntArray:
    train = dataset.rows("train")
    is_frozen = model.cut == len(model.classifier.backbone.stage_names)
    return train[nested_sample(dataset.labels[train], MAX_FROZEN if is_frozen else MAX_TRAINED, seed=DEFAULT_SEED)]


def _training_features(
    workspace: Workspace, run: RunView, model: LoadedModel, dataset: Dataset, rows: IntArray
) -> FloatArray:
    """What the head reads of these rows, shape (n_rows, n_features): from the cache, or computed and kept there."""
    backbone = model.classifier.backbone
    inputs = open_inputs(
        dataset,
        backbone.row,
        store=workspace.datasets,
        cache=workspace.cache,
        image_size_px=run.spec.image_size_px,
        views=Views(),
    )
    taps = tap_features(
        backbone,
        inputs,
        rows,
        weights_key=weights_digest(backbone),
        cut=None,
        want_pooled=True,
        engine=model.engine,
        cache=workspace.cache,
        on_progress=lambda *_: None,
        features=model.classifier.features,
    )
    assert taps.pooled is not None
    return np.asarray(taps.pooled[rows])


def _sample(workspace: Workspace, dataset: Dataset, row: int, similarity: float) -> NearSample:
    sample_id, is_image = dataset.sample_ids[row], dataset.modality == "image"
    return NearSample(
        sample_id=sample_id,
        source=dataset.sources[row],
        text="" if is_image else dataset.texts[row],
        thumbnail=workspace.datasets.thumbnail_path(sample_id) if is_image else None,
        class_name=dataset.class_names[int(dataset.labels[row])],
        similarity=similarity,
    )
