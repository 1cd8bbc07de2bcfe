"""Held-out samples of a run's dataset, to try its model on with one click."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from core.workflows.workspace import Workspace


@dataclass(frozen=True, kw_only=True, slots=True)
class ExampleInput:
    """One validation sample, as a person could have brought it.

    Attributes:
        name: where it came from, as the person knows it; for display only.
        text: the text; empty for images.
        image: the image file as it was handed over; None for texts.
        true_class: its label.
    """

    name: str
    text: str
    image: Path | None
    true_class: str


def example_input(workspace: Workspace, dataset_id: str, number: int) -> ExampleInput:
    """Validation sample number `number` of a fixed shuffled order, beginning again after the last one.

    Raises:
        UnknownChoiceError: there is no such dataset.
        DatasetError: the image is no longer in the workspace.
    """
    dataset = workspace.datasets.load(dataset_id)
    rows = np.random.default_rng(0).permutation(dataset.rows("val"))  # else one class would fill the first clicks
    row = int(rows[number % len(rows)])
    is_image = dataset.modality == "image"
    return ExampleInput(
        name=dataset.sources[row],
        text="" if is_image else dataset.texts[row],
        image=workspace.datasets.image_path(dataset.sample_ids[row]) if is_image else None,
        true_class=dataset.class_names[int(dataset.labels[row])],
    )
