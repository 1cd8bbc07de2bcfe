"""OpenVINO: converts traced stages once, and runs them several times faster than torch on x86 processors."""

from __future__ import annotations

import importlib.metadata
import importlib.util
import os
import platform
import threading
import warnings
from collections.abc import Sequence
from pathlib import Path
from queue import SimpleQueue
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import nn

from core.arrays import FloatArray
from core.backbones.records import ImagePreprocessing, TextPreprocessing

EXAMPLE_TOKENS = 8
N_AT_ONCE = min(2, os.cpu_count() or 1)
"""Batches that are computed side by side, each on its share of the cores: so no core waits for another, and one that
also decodes images or serves a page holds up its own batch alone."""

_preparing = threading.Lock()
"""Held while a network is compiled, and by the first batch of the process: OpenVINO's bindings set themselves up then,
and two threads that began with that at once would wait for each other for ever."""

PRECISIONS = {"float32": "f32", "bfloat16": "bf16"}


def is_available() -> bool:
    """Whether this processor and installation can use it."""
    is_x86 = platform.machine().lower() in ("x86_64", "amd64")
    return is_x86 and importlib.util.find_spec("openvino") is not None


def version() -> str:
    """The installed version."""
    return importlib.metadata.version("openvino")


def convert(module: nn.Module, preprocessing: ImagePreprocessing | TextPreprocessing, target: Path) -> None:
    """Trace a module and save it; batch size, image size and text length stay open.

    The front end is called directly rather than through `openvino.convert_model`, which reports its use to a server.

    Args:
        module: takes pixels (n, H, W, 3) uint8, or token ids (n, T) int64 and a mask (n, T) bool.
        preprocessing: of the row; an image is traced at the size it was pretrained at, the only one that some take.
        target: where the `.xml` goes; its `.bin` is written beside it.
    """
    import openvino
    from openvino.frontend import FrontEndManager
    from openvino.frontend.pytorch.ts_decoder import TorchScriptPythonDecoder

    with torch.inference_mode(), warnings.catch_warnings():
        # Shapes stay open; that no branch or number was baked in is compared by tests.
        warnings.filterwarnings("ignore", module="torch|core|timm|transformers")
        decoder = TorchScriptPythonDecoder(module, example_input=_example(preprocessing))
    front_end = FrontEndManager().load_by_framework("pytorch")
    model = front_end.convert(front_end.load(decoder))
    for port in model.inputs:
        port.get_node().set_partial_shape(openvino.PartialShape([-1] * len(port.partial_shape)))
    model.validate_nodes_and_infer_types()
    openvino.save_model(model, target, compress_to_fp16=False)


class OpenVinoModel:
    """A converted module, compiled for this processor.

    For any number of threads: `N_AT_ONCE` of them are computed for, further ones wait.

    Args:
        file: what `convert` saved.
        precision: "float32" or "bfloat16".
        outputs: numbers of the outputs that are wanted; what only the others need is not computed.
    """

    _has_run = False

    def __init__(self, file: Path, precision: str, outputs: Sequence[int]) -> None:
        import openvino

        self._core = openvino.Core()
        self._options = {"NUM_STREAMS": N_AT_ONCE, "INFERENCE_PRECISION_HINT": PRECISIONS[precision]}
        whole = self._core.read_model(file)
        self._model = openvino.Model([whole.outputs[number].get_node() for number in outputs], whole.get_parameters())
        self._idle: dict[tuple[int, ...], SimpleQueue[Any]] = {}

    def __call__(self, arrays: Sequence[NDArray[np.generic]]) -> list[FloatArray]:
        """The wanted outputs for one batch, float32."""
        with _preparing:
            shape = self._shape_for(arrays[0])
            idle = self._requests(shape)
            if not OpenVinoModel._has_run:
                OpenVinoModel._has_run = True
                return _infer(idle, shape, arrays)
        return _infer(idle, shape, arrays)

    def _shape_for(self, values: NDArray[np.generic]) -> tuple[int, ...]:
        """Images of one size get a network compiled for just that, which is faster; a smaller batch uses a larger
        one's, because compiling again takes longer. Texts, each batch of another length, share one for all."""
        if values.ndim != 4:
            return ()
        fitting = [shape for shape in self._idle if shape[1:] == values.shape[1:] and shape[0] >= len(values)]
        return min(fitting, default=values.shape)

    def _requests(self, shape: tuple[int, ...]) -> SimpleQueue[Any]:
        """Those that nobody computes with at the moment."""
        if shape not in self._idle:
            model = self._model.clone()
            if shape:
                model.reshape(list(shape))
            compiled = self._core.compile_model(model, "CPU", self._options)
            self._idle[shape] = SimpleQueue()
            for _ in range(N_AT_ONCE):
                self._idle[shape].put(compiled.create_infer_request())
        return self._idle[shape]


def _infer(idle: SimpleQueue[Any], shape: tuple[int, ...], arrays: Sequence[NDArray[np.generic]]) -> list[FloatArray]:
    """The outputs, as soon as a request is free; of a network compiled for a shape, without what fills that up."""
    n_samples = len(arrays[0])
    whole = [_filled_up(array, shape[0] if shape else n_samples) for array in arrays]
    request = idle.get()
    try:
        found = request.infer(whole, share_inputs=True)
        return [np.array(output[:n_samples]) for output in found.values()]
    finally:
        idle.put(request)


def _filled_up(array: NDArray[np.generic], n: int) -> NDArray[np.generic]:
    """The array with zeros behind it, so that it has n rows."""
    if len(array) == n:
        return np.ascontiguousarray(array)
    filled = np.zeros((n, *array.shape[1:]), dtype=array.dtype)
    filled[: len(array)] = array
    return filled


def _example(preprocessing: ImagePreprocessing | TextPreprocessing) -> tuple[torch.Tensor, ...]:
    if isinstance(preprocessing, ImagePreprocessing):
        return (torch.zeros(2, preprocessing.size_px, preprocessing.size_px, 3, dtype=torch.uint8),)
    return (torch.ones(2, EXAMPLE_TOKENS, dtype=torch.int64), torch.ones(2, EXAMPLE_TOKENS, dtype=torch.bool))
