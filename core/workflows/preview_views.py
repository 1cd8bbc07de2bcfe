"""What a run would learn from: some training images beside their views, as the network gets them."""

from __future__ import annotations

import io
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from core.arrays import IntArray
from core.datasets.handedness import mirroring_warning
from core.datasets.records import Dataset
from core.features.pixels import decode_square
from core.features.views import ViewedPixels
from core.training.spec import TrainingSpec
from core.workflows.cut_choice import views_of
from core.workflows.workspace import Workspace

__all__ = ["MAX_CLASSES", "MAX_VIEWS", "PreviewedImage", "mirroring_warning", "preview_views"]

MAX_CLASSES, MAX_VIEWS = 4, 6
"""As many as can be compared at a glance; the image itself counts as a view."""

PICTURE_PX = 192
"""Side of a picture: twice what is shown, for dense screens."""


@dataclass(frozen=True, kw_only=True, slots=True)
class PreviewedImage:
    """A training image and what is made of it.

    Attributes:
        class_name: its label's name, as a person wrote it.
        pictures: JPEG files of the views, the image itself first.
    """

    class_name: str
    pictures: tuple[bytes, ...]


def preview_views(workspace: Workspace, spec: TrainingSpec) -> tuple[PreviewedImage, ...]:
    """One image of each of the first classes, drawn from the run's seed, in the views the run would learn from.

    Nothing is stored: a handful of images is decoded faster than it is looked up.

    Args:
        workspace: where the images lie.
        spec: decides the dataset, the size of images, how many views there are and whether they may be mirrored.
    """
    dataset = workspace.datasets.load(spec.dataset_id)
    samples = _draw_samples(dataset, spec.seed)
    views = _draw_views(workspace, dataset, spec, samples)
    return tuple(
        PreviewedImage(
            class_name=dataset.class_names[dataset.labels[sample]], pictures=tuple(_to_jpeg(one) for one in of_sample)
        )
        for sample, of_sample in zip(samples, views, strict=True)
    )


def _draw_samples(dataset: Dataset, seed: int) -> IntArray:
    """A training sample of each of the first classes that have one."""
    rng, train = np.random.default_rng(seed), dataset.rows("train")
    labels = dataset.labels[train]
    drawn = [rng.choice(train[labels == label]) for label in np.unique(labels)[:MAX_CLASSES]]
    return np.array(drawn, dtype=np.int64)


def _draw_views(workspace: Workspace, dataset: Dataset, spec: TrainingSpec, samples: IntArray) -> NDArray[np.uint8]:
    """Pixels, shape (n_samples, n_views, size_px, size_px, 3); what a view looks like follows from its name alone."""
    sample_ids = [dataset.sample_ids[sample] for sample in samples]
    paths = [workspace.datasets.image_path(sample_id) for sample_id in sample_ids]
    pixels = np.stack([decode_square(path, spec.image_size_px) for path in paths])
    views, n = views_of(dataset, spec), len(samples)
    viewed = ViewedPixels(pixels, np.arange(n), views.names(sample_ids), mirrored=views.mirrored)
    n_shown = min(views.n, MAX_VIEWS)
    return np.stack([viewed[np.arange(n) + view * n] for view in range(n_shown)], axis=1)


def _to_jpeg(pixels: NDArray[np.uint8]) -> bytes:
    file = io.BytesIO()
    Image.fromarray(pixels).resize((PICTURE_PX, PICTURE_PX), Image.Resampling.BICUBIC).save(file, "JPEG", quality=88)
    return file.getvalue()
