"""A classifier as an ONNX graph whose weights lie beside it as safetensors."""

from __future__ import annotations

import json
import logging
import warnings
from pathlib import Path

import numpy as np
import onnx_ir
import safetensors.numpy
import torch
from torch import Tensor, nn

from core.backbones.records import ImagePreprocessing
from core.training.classifier import Classifier

GRAPH_FILE, WEIGHTS_FILE = "network.onnx", "model.safetensors"
MIN_OUTSIDE_BYTES = 4_096
"""Smaller tensors stay in the graph: among them are shapes and axes, which a runtime must know while it loads."""

N_EXAMPLES, N_TOKENS = 2, 8
_LENGTH_BYTES = 8


def write_onnx(classifier: Classifier, folder: Path, *, image_size_px: int, weights_beside: bool = True) -> None:
    """Write `network.onnx` and `model.safetensors`.

    Images enter as `pixels` (n, 3, size, size), uint8, and are normalised in the graph, so that nobody can do it
    differently. Texts enter as `ids` and `mask`, both (n, length), int64, padded on the right. `logits`
    (n, n_classes), float32, leave it. n and length may be any number above 0.

    Args:
        classifier: on the CPU, float32, in evaluation mode.
        folder: exists; a file of either name in it is replaced.
        image_size_px: side of the square input; ignored for texts.
        weights_beside: off: the graph holds its weights itself, in one file.
    """
    model = _export(classifier, image_size_px)
    if weights_beside:
        _put_weights_beside(model, folder)
    onnx_ir.save(model, folder / GRAPH_FILE)


def _export(classifier: Classifier, image_size_px: int) -> onnx_ir.Model:
    n = torch.export.Dim("n")
    network: nn.Module
    if isinstance(classifier.backbone.row.preprocessing, ImagePreprocessing):
        network, names = _ImageNetwork(classifier), ["pixels"]
        example: tuple[Tensor, ...] = (torch.zeros(N_EXAMPLES, 3, image_size_px, image_size_px, dtype=torch.uint8),)
        shapes: dict[str, dict[int, object]] = {"pixels": {0: n}}
    else:
        network, names = _TextNetwork(classifier), ["ids", "mask"]
        ids = torch.ones(N_EXAMPLES, N_TOKENS, dtype=torch.int64)
        # A second tensor with padding in it: the exporter takes one tensor given twice for one input.
        example = (ids, torch.ones_like(ids).tril())
        length = torch.export.Dim("length", min=2)
        shapes = {name: {0: n, 1: length} for name in names}
    with warnings.catch_warnings(), torch.no_grad():
        warnings.simplefilter("ignore")  # about the exporter's own deprecations
        logging.getLogger("torch.onnx").setLevel(logging.ERROR)
        program = torch.onnx.export(
            network.eval(),
            example,
            input_names=names,
            output_names=["logits"],
            dynamic_shapes=shapes,
            dynamo=True,
            optimize=True,
            verbose=False,
        )
    if program is None:
        raise RuntimeError("the exporter gave back no program")
    return program.model


class _ImageNetwork(nn.Module):
    def __init__(self, classifier: Classifier) -> None:
        super().__init__()
        self.classifier = classifier

    def forward(self, pixels: Tensor) -> Tensor:
        return self.classifier(pixels)  # type: ignore[no-any-return]


class _TextNetwork(nn.Module):
    def __init__(self, classifier: Classifier) -> None:
        super().__init__()
        self.classifier = classifier

    def forward(self, ids: Tensor, mask: Tensor) -> Tensor:
        return self.classifier(ids, mask.bool())  # type: ignore[no-any-return]


def _put_weights_beside(model: onnx_ir.Model, folder: Path) -> None:
    """A safetensors file is a header and bare bytes, which is all that ONNX asks of a file beside the graph."""
    held = {value.name: value for value in model.graph.initializers.values() if value.const_value is not None}
    large = {str(name): value for name, value in held.items() if value.const_value.nbytes >= MIN_OUTSIDE_BYTES}
    file = folder / WEIGHTS_FILE
    tensors = {name: np.ascontiguousarray(value.const_value.numpy()) for name, value in large.items()}
    safetensors.numpy.save_file(tensors, file)
    for name, (start, end) in _places(file).items():
        tensor = large[name].const_value
        large[name].const_value = onnx_ir.ExternalTensor(
            WEIGHTS_FILE, start, end - start, tensor.dtype, shape=tensor.shape, name=name, base_dir=folder
        )


def _places(file: Path) -> dict[str, tuple[int, int]]:
    """Where the bytes of each tensor start and end in a safetensors file."""
    with file.open("rb") as opened:
        length = int.from_bytes(opened.read(_LENGTH_BYTES), "little")
        header = json.loads(opened.read(length))
    first = _LENGTH_BYTES + length
    offsets = {name: entry["data_offsets"] for name, entry in header.items() if name != "__metadata__"}
    return {name: (first + start, first + end) for name, (start, end) in offsets.items()}
