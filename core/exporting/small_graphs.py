"""An ONNX graph made into something else: int8, or OpenVINO's own form."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from onnxruntime import disable_telemetry_events
from onnxruntime.quantization import CalibrationDataReader, QuantFormat, QuantType, quantize_dynamic, quantize_static
from onnxruntime.quantization.shape_inference import quant_pre_process

IMAGES_AT_ONCE = 16

disable_telemetry_events()  # what it tells Windows about itself


def write_int8(graph: Path, target: Path, *, pixels: NDArray[np.uint8] | None) -> None:
    """A graph whose weights are int8, scaled channel by channel.

    Args:
        graph: a network with its weights in it.
        target: where the smaller one goes.
        pixels: training images as they enter the graph, shape (n, 3, size, size), from which the ranges of what passes
            between layers are learned; None for texts, whose ranges are measured while it runs.
    """
    if pixels is None:
        quantize_dynamic(graph, target, per_channel=True, weight_type=QuantType.QInt8)
        return
    with tempfile.TemporaryDirectory(dir=target.parent) as name:
        prepared = Path(name) / "prepared.onnx"
        quant_pre_process(graph, prepared, skip_symbolic_shape=True)
        quantize_static(
            prepared,
            target,
            _Pixels(pixels),
            quant_format=QuantFormat.QDQ,
            per_channel=True,
            activation_type=QuantType.QUInt8,
            weight_type=QuantType.QInt8,
        )


def write_openvino(graph: Path, target: Path) -> None:
    """The graph as OpenVINO's `.xml` with its `.bin` beside it, in float32."""
    import openvino

    openvino.save_model(openvino.Core().read_model(graph), target, compress_to_fp16=False)


class _Pixels(CalibrationDataReader):  # type: ignore[misc]
    """Batches of images, as the calibration asks for them."""

    def __init__(self, pixels: NDArray[np.uint8]) -> None:
        self._batches: Iterator[dict[str, Any]] = iter(
            [{"pixels": pixels[start : start + IMAGES_AT_ONCE]} for start in range(0, len(pixels), IMAGES_AT_ONCE)]
        )

    def get_next(self) -> dict[str, Any] | None:
        return next(self._batches, None)
