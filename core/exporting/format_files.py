"""What a model becomes in each format, and how that is then asked: by its own library, as its words say."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, Protocol

import numpy as np
import safetensors.torch
import torch
from numpy.typing import NDArray

from core.arrays import FloatArray
from core.backbones.records import ImagePreprocessing
from core.exporting.bundle import write_model
from core.exporting.formats import ExportFormat
from core.exporting.image_folder import (
    CLASSES_FILE,
    TENSORS_FILE,
    build_torchvision,
    write_timm_folder,
    write_torchvision_file,
)
from core.exporting.leaving import LeavingModel
from core.exporting.standalone.predict import Model
from core.exporting.text_folder import write_text_folder

BATCH = 16

Given = str | Path
"""A text, or the file of an image."""


class Opened(Protocol):
    """A model that was read back from its files."""

    def probabilities(self, inputs: Sequence[Given]) -> FloatArray:
        """Of every class in label order, shape (n_inputs, n_classes), prepared as the format's library does it."""

    def of_pixels(self, pixels: NDArray[np.uint8]) -> FloatArray | None:
        """The same for images prepared as in the training, shape (n, 3, size, size); None where it prepares alike."""


def write_format(
    kind: ExportFormat, model: LeavingModel, folder: Path, *, pixels: NDArray[np.uint8] | None = None
) -> None:
    """The model's files, words and samples apart.

    Args:
        kind: `why_not_format` has nothing against it.
        model: what is to be taken along.
        folder: exists and is empty.
        pixels: training images, shape (n, 3, size, size), from which int8 learns its ranges; None for texts.

    Raises:
        ConfigurationError: the format cannot hold so many classes.
    """
    if kind.has_program:
        write_model(model, folder, kind=kind.id, pixels=pixels)
    else:
        _WRITE[kind.id](model, folder)


def open_format(kind: ExportFormat, model: LeavingModel, folder: Path) -> Opened:
    """What `write_format` wrote, read back from the files."""
    return _WithProgram(folder) if kind.has_program else _OPEN[kind.id](model, folder)


_WRITE: dict[str, Callable[[LeavingModel, Path], None]] = {
    "transformers": write_text_folder,
    "timm": write_timm_folder,
    "torchvision": write_torchvision_file,
}


class _WithProgram:
    """By the program that goes along, which prepares inputs as the training does."""

    def __init__(self, folder: Path) -> None:
        self._model = Model(folder)

    def probabilities(self, inputs: Sequence[Given]) -> FloatArray:
        return np.concatenate([self._model.probabilities([one]) for one in inputs])

    def of_pixels(self, pixels: NDArray[np.uint8]) -> FloatArray | None:
        del pixels
        return None


class _Pipeline:
    """By transformers' pipeline."""

    def __init__(self, task: str, folder: Path, class_names: Sequence[str], **options: Any) -> None:
        import transformers

        transformers.logging.disable_progress_bar()
        self._class_names, self._options = class_names, options
        self._pipe: Any = transformers.pipeline(task, str(folder), device="cpu")

    def probabilities(self, inputs: Sequence[Given]) -> FloatArray:
        given = [str(one) for one in inputs]
        found = self._pipe(given, top_k=len(self._class_names), batch_size=1, **self._options)
        shares = [{one["label"]: one["score"] for one in answer} for answer in found]
        return np.array([[share[name] for name in self._class_names] for share in shares])

    def of_pixels(self, pixels: NDArray[np.uint8]) -> FloatArray | None:
        del pixels
        return None


class _Timm(_Pipeline):
    """By transformers' pipeline, and by timm for what is prepared."""

    def __init__(self, model: LeavingModel, folder: Path) -> None:
        import timm

        super().__init__("image-classification", folder, model.class_names)
        self._settings = model.classifier.backbone.row.preprocessing
        self._network = timm.create_model(f"local-dir:{folder}", pretrained=True).eval()

    def of_pixels(self, pixels: NDArray[np.uint8]) -> FloatArray | None:
        return _softmax_of(self._network, pixels, self._settings)


class _Torchvision:
    """By torchvision, with the images prepared as its words say."""

    def __init__(self, model: LeavingModel, folder: Path) -> None:
        n_classes = len(json.loads((folder / CLASSES_FILE).read_text(encoding="utf-8")))
        row = model.classifier.backbone.row
        assert isinstance(row.preprocessing, ImagePreprocessing)
        self._settings, self._size_px = row.preprocessing, model.image_size_px
        self._network = build_torchvision(row, n_classes)
        self._network.load_state_dict(safetensors.torch.load_file(folder / TENSORS_FILE))
        self._network.eval()

    def probabilities(self, inputs: Sequence[Given]) -> FloatArray:
        return np.concatenate([self._of_file(Path(one)) for one in inputs])

    def of_pixels(self, pixels: NDArray[np.uint8]) -> FloatArray | None:
        return _softmax_of(self._network, pixels, self._settings)

    def _of_file(self, file: Path) -> FloatArray:
        from PIL import Image, ImageOps

        size = (self._size_px, self._size_px)
        with Image.open(file) as image:
            square = ImageOps.fit(image.convert("RGB"), size, Image.Resampling.BICUBIC)
        return _softmax_of(self._network, np.asarray(square).transpose(2, 0, 1)[None], self._settings)


def _softmax_of(network: Any, pixels: NDArray[np.uint8], settings: Any) -> FloatArray:
    mean, std = (np.asarray(numbers, dtype=np.float32).reshape(1, 3, 1, 1) for numbers in (settings.mean, settings.std))
    parts = []
    with torch.inference_mode():
        for start in range(0, len(pixels), BATCH):
            values = (pixels[start : start + BATCH].astype(np.float32) / 255 - mean) / std
            parts.append(torch.softmax(network(torch.from_numpy(values)).double(), dim=1).numpy())
    return np.concatenate(parts)


_OPEN: dict[str, Callable[[LeavingModel, Path], Opened]] = {
    "transformers": lambda model, folder: _Pipeline("text-classification", folder, model.class_names, truncation=True),
    "timm": _Timm,
    "torchvision": _Torchvision,
}
