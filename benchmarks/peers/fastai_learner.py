"""fastai's `fine_tune`, with the body, head, augmentation and rates that its `vision_learner` chooses by itself."""

from __future__ import annotations

import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import fastai.callback.progress
import fastai.callback.schedule  # noqa: F401 - both give learners further methods when they are imported
import torch
from fastai.data.block import CategoryBlock, DataBlock
from fastai.data.transforms import IndexSplitter, Normalize
from fastai.metrics import accuracy
from fastai.vision.augment import Resize, aug_transforms
from fastai.vision.data import ImageBlock
from fastai.vision.learner import vision_learner

from benchmarks.peers.networks import build_lite0, lite0_preprocessing
from benchmarks.peers.parts import Part, PeerResult

PRESIZE_PX = 320
"""fastai resizes generously before it augments; the photographs are no larger than this."""

MIN_SCALE = 0.75


class Lookup:
    """Gives what stands in a row; unlike a function inside another one it can be handed to a worker process."""

    def __init__(self, values: Sequence[Any]) -> None:
        self._values = values

    def __call__(self, row: int) -> Any:
        return self._values[row]


def run_fastai(parts: dict[str, Part[Path]], *, n_epochs: int, batch_size: int = 32) -> PeerResult:
    """One epoch with a frozen body, then `n_epochs` of everything.

    Args:
        parts: "train" and "val".
        n_epochs: what `fine_tune` is given.
        batch_size: fastai's own 64 leaves three steps per epoch on 245 images, which costs it accuracy.
    """
    n_threads = torch.get_num_threads()
    started = time.perf_counter()
    learner = vision_learner(_load(parts, batch_size), _build_body, metrics=accuracy)
    with learner.no_bar(), learner.no_logging():
        learner.fine_tune(n_epochs)
    seconds = time.perf_counter() - started
    if torch.get_num_threads() != n_threads:
        raise RuntimeError("fastai changed the number of threads: the comparison would not be fair")
    return PeerResult(seconds=seconds, accuracy={"val": float(learner.recorder.values[-1][-1])})


def _build_body(*, pretrained: bool = True, weights: object = None) -> Any:
    """The network in the form that fastai expects of torchvision's own functions."""
    del pretrained, weights
    return build_lite0(1000)


def _load(parts: dict[str, Part[Path]], batch_size: int) -> Any:
    files = [*parts["train"].samples, *parts["val"].samples]
    labels = [*parts["train"].labels.tolist(), *parts["val"].labels.tolist()]
    preprocessing = lite0_preprocessing()
    block = DataBlock(
        blocks=(ImageBlock, CategoryBlock),
        get_x=Lookup(files),
        get_y=Lookup(labels),
        splitter=IndexSplitter(range(len(parts["train"].samples), len(files))),
        item_tfms=Resize(PRESIZE_PX),
        batch_tfms=[
            *aug_transforms(size=preprocessing.size_px, min_scale=MIN_SCALE),
            Normalize.from_stats(preprocessing.mean, preprocessing.std),
        ],
    )
    return block.dataloaders(range(len(files)), bs=batch_size)
