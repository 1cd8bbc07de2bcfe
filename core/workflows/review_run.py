"""Looking at single samples of a finished run: the most wrong ones, and those of a cell of the confusion matrix."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from core.arrays import IntArray
from core.datasets.records import Dataset, SplitName
from core.errors import UnknownChoiceError
from core.evaluation.mistakes import most_confident_mistakes, rows_of_cell, strongest_confusions
from core.evaluation.prediction_table import PredictionTable, load_predictions
from core.workflows.workspace import Workspace

DELETED = "Deleted with its dataset"

__all__ = ["ReviewedSample", "cell_samples", "most_wrong", "review_rows", "strongest_confusions"]


@dataclass(frozen=True, kw_only=True, slots=True)
class ReviewedSample:
    """One sample with what the model said.

    Attributes:
        sample_id: hash of its content.
        source: where it came from, as the person knows it; for display only.
        text: the text; empty for images. Where the data have been deleted, words that say so.
        thumbnail: a small picture; None for texts, and where the data have been deleted.
        true_class: its label.
        predicted_class: the model's answer.
        probability: of the answer, in [0, 1].
        is_hard: whether a person marked it as hard to judge.
        label_probability: of its own label, in [0, 1]; None where that is not told.
    """

    sample_id: str
    source: str
    text: str
    thumbnail: Path | None
    true_class: str
    predicted_class: str
    probability: float
    is_hard: bool = False
    label_probability: float | None = None


def most_wrong(workspace: Workspace, run_id: str, split: SplitName, *, n: int = 12) -> tuple[ReviewedSample, ...]:
    """The mistakes the model was surest of, surest first.

    Raises:
        UnknownChoiceError: there is no such run.
        FileNotFoundError: it has no predictions yet.
    """
    review = _Review(workspace, run_id, split)
    probs, predictions = review.table.probs[review.rows], review.table.predictions[review.rows]
    return review.samples(most_confident_mistakes(probs, review.labels, predictions, n=n))


def cell_samples(
    workspace: Workspace, run_id: str, split: SplitName, true_class: str, predicted_class: str
) -> tuple[ReviewedSample, ...]:
    """The samples of one cell of the confusion matrix, in dataset order; errors as `most_wrong`.

    Raises:
        UnknownChoiceError: the dataset has no such class.
    """
    review = _Review(workspace, run_id, split)
    rows = rows_of_cell(
        review.labels,
        review.table.predictions[review.rows],
        true_label=_label(review.class_names, true_class),
        predicted_label=_label(review.class_names, predicted_class),
    )
    return review.samples(rows)


def review_rows(workspace: Workspace, run_id: str, rows: IntArray) -> tuple[ReviewedSample, ...]:
    """The samples in these rows of a run's predictions, in their order; errors as `most_wrong`."""
    return _Review(workspace, run_id).samples(rows)


def _label(class_names: tuple[str, ...], class_name: str) -> int:
    if class_name not in class_names:
        raise UnknownChoiceError("class", class_name, class_names)
    return class_names.index(class_name)


class _Review:
    """A run's predictions on one split, or on all, beside the dataset they were made on, if that is still there."""

    def __init__(self, workspace: Workspace, run_id: str, split: SplitName | None = None) -> None:
        folder = workspace.runs.get(run_id)
        dataset_id = folder.read_spec().dataset_id
        self._workspace = workspace
        self._dataset: Dataset | None = (
            workspace.datasets.load(dataset_id) if workspace.datasets.has(dataset_id) else None
        )
        self.class_names: tuple[str, ...] = tuple(folder.read_details()["class_names"])
        self.table: PredictionTable = load_predictions(folder.predictions_path)
        self.rows: IntArray = self.table.rows(split) if split else np.arange(self.table.n_samples)
        self.labels: IntArray = self.table.labels[self.rows]
        self._texts = dict(zip(self._dataset.sample_ids, self._dataset.texts, strict=False)) if self._dataset else {}

    def samples(self, chosen: IntArray) -> tuple[ReviewedSample, ...]:
        """The chosen rows, counted within the split or, without one, within the table."""
        return tuple(self._sample(int(row)) for row in self.rows[chosen])

    def _sample(self, row: int) -> ReviewedSample:
        sample_id = self.table.sample_ids[row]
        predicted = int(self.table.predictions[row])
        return ReviewedSample(
            sample_id=sample_id,
            source=self.table.sources[row],
            text=self._texts.get(sample_id, "") if self._dataset else f"{DELETED} ({self.table.sources[row]})",
            thumbnail=self._thumbnail(sample_id),
            true_class=self.class_names[int(self.table.labels[row])],
            predicted_class=self.class_names[predicted],
            probability=float(self.table.probs[row, predicted]),
            is_hard=self._dataset is not None and sample_id in self._dataset.hard,
        )

    def _thumbnail(self, sample_id: str) -> Path | None:
        if self._dataset is None or self._dataset.modality != "image":
            return None
        return self._workspace.datasets.thumbnail_path(sample_id)
