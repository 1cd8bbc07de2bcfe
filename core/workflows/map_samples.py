"""The samples of a finished run as points in the plane: near each other where the network takes them for alike."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any, Literal, cast

import numpy as np
import torch

from core.arrays import FloatArray, IntArray
from core.atomic import replace_file
from core.datasets.records import SPLIT_NAMES, Dataset
from core.evaluation.plane import neighbour_plane, principal_plane, turned_onto
from core.evaluation.ranking import nested_sample
from core.evaluation.records import FeatureMap, MapMethod, Plane
from core.evaluation.report_json import offsets_from_json, temperature_from_json
from core.runs.records import utc_now
from core.settings import DEFAULT_SEED
from core.training.classifier import Classifier
from core.training.decision import decided_labels
from core.training.strategies import get_strategy
from core.training.temperature import scaled_probs
from core.workflows.pooled_features import Progress
from core.workflows.review_run import ReviewedSample
from core.workflows.run_network import RunNetwork, moved_stages
from core.workflows.show_run import RunView, read_predictions
from core.workflows.workspace import Workspace

VERSION = 1
MAX_SAMPLES = 10_000
"""As many points as a browser still moves smoothly."""

State = Literal["before", "after", "frozen"]


def draw_map(workspace: Workspace, run_id: str, method: str, *, on_progress: Progress = lambda *_: None) -> FeatureMap:
    """Lay out up to 10,000 samples of a run's data, all splits, by what its head reads; kept with the run.

    Where stages trained there are two planes, before the training and after it; from scratch there is only the one
    after it.

    Args:
        workspace: where the run, its data and the cache lie.
        run_id: a finished run.
        method: see `FeatureMap`.
        on_progress: called with (step, done, of); may raise to end it, but not while t-SNE searches.

    Raises:
        UnknownChoiceError: there is no such run.
        ConfigurationError: it has no model yet.
        MissingWeightsError: the weights it began with are not on this machine any more.
    """
    run = RunNetwork(workspace, run_id, on_progress)
    dataset = run.dataset
    rows = np.sort(nested_sample(dataset.labels, MAX_SAMPLES, seed=DEFAULT_SEED))
    start, end = run.build_start(), run.build_end()
    has_moved = bool(moved_stages(start, end))
    after = run.of(end, rows)
    features: dict[State, FloatArray] = {"after" if has_moved else "frozen": after}
    if has_moved and run.starts_pretrained:
        features = {"before": run.of(start, rows), "after": after}
    predictions, probabilities = _answers(workspace, run_id, dataset, end, after, rows)
    found = FeatureMap(
        method=cast(MapMethod, method),
        planes=_planes(features, cast(MapMethod, method), on_progress),
        rows=rows,
        labels=dataset.labels[rows],
        predictions=predictions,
        probabilities=probabilities,
        splits=dataset.splits[rows],
        n_all=dataset.n_samples,
    )
    _save(workspace.runs.get(run_id).map_path(found.method), found)
    return found


def load_map(workspace: Workspace, run_id: str, method: MapMethod) -> FeatureMap | None:
    """The last map of a run; None where there is none, by another version, or before the run was resumed and ended."""
    folder = workspace.runs.get(run_id)
    file = folder.map_path(method)
    if not file.is_file():
        return None
    with np.load(file, allow_pickle=False) as stored:
        if int(stored["version"]) != VERSION or str(stored["created_at"]) < folder.read_status().ended_at:
            return None
        states = [cast(State, str(state)) for state in stored["states"]]
        return FeatureMap(
            method=method,
            planes=tuple(
                Plane(state=state, positions=stored[state], shares=tuple(map(float, stored[f"{state}-shares"])))
                for state in states
            ),
            rows=stored["rows"],
            labels=stored["labels"],
            predictions=stored["predictions"],
            probabilities=stored["probabilities"],
            splits=np.array(SPLIT_NAMES)[stored["splits"]],
            n_all=int(stored["n_all"]),
        )


def map_in_words(run: RunView) -> str:
    """What the points of a run's map are, and why there is one map or two."""
    strategy = get_strategy(run.spec.strategy)
    read = "the features of all stages" if strategy.features == "every-stage" else "the features"
    about = f"Each point is a sample, laid out by {read} that the head reads."
    if not strategy.pretrained:
        return f"{about} There is no map from before the training: the network began with random weights."
    if strategy.freezes == "all":
        return f"{about} No stage was trained, so that the map is the same before and after the training."
    return f"{about} Where stages moved, the map after the training is turned to be compared with the one before it."


def mapped_texts(workspace: Workspace, run_id: str, found: FeatureMap) -> tuple[str, ...]:
    """The text of every point; empty for images."""
    dataset = workspace.datasets.load(workspace.runs.get(run_id).read_spec().dataset_id)
    return tuple(dataset.texts[row] for row in found.rows) if dataset.texts else ()


def mapped_samples(
    workspace: Workspace, run_id: str, found: FeatureMap, points: Sequence[int]
) -> tuple[ReviewedSample, ...]:
    """The samples of some points, in their order."""
    dataset = workspace.datasets.load(workspace.runs.get(run_id).read_spec().dataset_id)
    return tuple(_reviewed(workspace, dataset, found, point) for point in points)


def _reviewed(workspace: Workspace, dataset: Dataset, found: FeatureMap, point: int) -> ReviewedSample:
    row = int(found.rows[point])
    sample_id, is_image = dataset.sample_ids[row], dataset.modality == "image"
    return ReviewedSample(
        sample_id=sample_id,
        source=dataset.sources[row],
        text="" if is_image else dataset.texts[row],
        thumbnail=workspace.datasets.thumbnail_path(sample_id) if is_image else None,
        true_class=dataset.class_names[int(found.labels[point])],
        predicted_class=dataset.class_names[int(found.predictions[point])],
        probability=float(found.probabilities[point]),
    )


def _planes(features: dict[State, FloatArray], method: MapMethod, on_progress: Progress) -> tuple[Plane, ...]:
    planes: list[Plane] = []
    for number, (state, of_state) in enumerate(features.items()):
        on_progress("Laying out the samples", number, len(features))
        positions, shares = principal_plane(of_state)
        if method == "tsne":
            n = len(of_state)
            on_progress(
                f"Looking for neighbours of {n:,} samples, at most some minutes in one go", number, len(features)
            )
            positions = neighbour_plane(of_state, positions)
        if planes:
            positions = turned_onto(positions, planes[0].positions)
        # Once turned, or moved by t-SNE, the axes are not the main directions any more.
        planes.append(Plane(state=state, positions=positions, shares=shares if method == "pca" and not planes else ()))
    return tuple(planes)


def _answers(
    workspace: Workspace, run_id: str, dataset: Dataset, end: Classifier, features: FloatArray, rows: IntArray
) -> tuple[IntArray, FloatArray]:
    """The run's answer to each row and its probability; those it reported where it did, else asked for now."""
    folder = workspace.runs.get(run_id)
    temperature = temperature_from_json(folder.read_json("temperature")).value
    with torch.inference_mode():
        logits = end.head.cpu()(torch.from_numpy(features)).numpy()
    probs = scaled_probs(logits, temperature)
    predictions = decided_labels(logits, temperature, offsets_from_json(folder.read_json("decision")))
    probabilities = probs[np.arange(len(probs)), predictions]
    table = read_predictions(workspace, run_id)
    place = {sample_id: at for at, sample_id in enumerate(table.sample_ids)}
    for at in np.flatnonzero(dataset.splits[rows] != "train"):
        told = place.get(dataset.sample_ids[rows[at]])
        if told is not None:
            predictions[at] = table.predictions[told]
            probabilities[at] = table.probs[told, predictions[at]]
    return predictions, probabilities.astype(np.float32)


def _save(file: Path, found: FeatureMap) -> None:
    """As small as its values allow; without pickle, so that reading it runs nothing."""
    arrays: dict[str, Any] = {
        "version": np.array(VERSION),
        "created_at": np.array(utc_now()),
        "states": np.array([plane.state for plane in found.planes]),
        "rows": found.rows.astype(np.int32),
        "labels": found.labels.astype(np.int32),
        "predictions": found.predictions.astype(np.int32),
        "probabilities": found.probabilities,
        "splits": np.array([SPLIT_NAMES.index(split) for split in found.splits], dtype=np.int8),
        "n_all": np.array(found.n_all),
    }
    for plane in found.planes:
        arrays |= {plane.state: plane.positions, f"{plane.state}-shares": np.array(plane.shares)}
    replace_file(file, lambda partial: np.savez_compressed(partial, **arrays))
