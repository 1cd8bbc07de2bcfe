"""OpenVINO: converts traced stages once, and runs them several times faster than torch on x86 processors."""

from __future__ import annotations

import importlib.metadata
import importlib.util
import platform
import warnings
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import nn

from core.arrays import FloatArray
from core.datasets.records import Modality

EXAMPLE_SIZE_PX = 64
EXAMPLE_TOKENS = 8
PRECISIONS = {"float32": "f32", "bfloat16": "bf16"}


def is_available() -> bool:
    """Whether this processor and installation can use it."""
    is_x86 = platform.machine().lower() in ("x86_64", "amd64")
    return is_x86 and importlib.util.find_spec("openvino") is not None


def version() -> str:
    """The installed version."""
    return importlib.metadata.version("openvino")


def convert(module: nn.Module, modality: Modality, target: Path) -> None:
    """Trace a module and save it; batch size, image size and text length stay open.

    The front end is called directly rather than through `openvino.convert_model`, which reports its use to a server.

    Args:
        module: takes images (n, 3, H, W) float32, or token ids (n, T) int64 and a mask (n, T) bool.
        modality: "image" or "text".
        target: where the `.xml` goes; its `.bin` is written beside it.
    """
    import openvino
    from openvino.frontend import FrontEndManager
    from openvino.frontend.pytorch.ts_decoder import TorchScriptPythonDecoder

    with torch.inference_mode(), warnings.catch_warnings():
        # Shapes stay open; that no branch was baked in is compared by tests.
        warnings.filterwarnings("ignore", message="Converting a tensor to a Python boolean")
        decoder = TorchScriptPythonDecoder(module, example_input=_example(modality))
    front_end = FrontEndManager().load_by_framework("pytorch")
    model = front_end.convert(front_end.load(decoder))
    for port in model.inputs:
        port.get_node().set_partial_shape(openvino.PartialShape([-1] * len(port.partial_shape)))
    model.validate_nodes_and_infer_types()
    openvino.save_model(model, target, compress_to_fp16=False)


class OpenVinoModel:
    """A converted module, compiled for this processor.

    Not for two threads at once.

    Args:
        file: what `convert` saved.
        precision: "float32" or "bfloat16".
    """

    def __init__(self, file: Path, precision: str) -> None:
        import openvino

        options = {"PERFORMANCE_HINT": "LATENCY", "INFERENCE_PRECISION_HINT": PRECISIONS[precision]}
        core = openvino.Core()
        self._core, self._options = core, options
        self._model = core.read_model(file)
        self._compiled: dict[tuple[int, ...], Any] = {}

    def __call__(self, arrays: Sequence[NDArray[np.generic]]) -> list[FloatArray]:
        """All outputs for one batch, float32."""
        request = self._request(arrays)
        found = request.infer([np.ascontiguousarray(array) for array in arrays], share_inputs=True)
        return [np.array(output) for output in found.values()]

    def _request(self, arrays: Sequence[NDArray[np.generic]]) -> Any:
        """A request for these shapes: images of one size get a network compiled for just that, which is faster."""
        shape = arrays[0].shape if len(arrays[0].shape) == 4 else ()
        if shape not in self._compiled:
            model = self._model.clone()
            if shape:
                model.reshape(list(shape))
            self._compiled[shape] = self._core.compile_model(model, "CPU", self._options).create_infer_request()
        return self._compiled[shape]


def _example(modality: Modality) -> tuple[torch.Tensor, ...]:
    if modality == "image":
        return (torch.zeros(2, 3, EXAMPLE_SIZE_PX, EXAMPLE_SIZE_PX),)
    return (torch.ones(2, EXAMPLE_TOKENS, dtype=torch.int64), torch.ones(2, EXAMPLE_TOKENS, dtype=torch.bool))
