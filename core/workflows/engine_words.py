"""What runs the frozen stages, said in a line."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

BACKENDS = {"torch": "torch", "openvino": "OpenVINO"}
PRECISIONS = {"float32": "float32", "bfloat16": "bf16"}
UNITS = {"image": "images/s", "text": "texts/s"}


def engine_in_words(engine: Mapping[str, Any], modality: str | None) -> str:
    """For example "OpenVINO bf16 on cpu, 480 images/s (torch 101); trained stages float32"; empty for no engine.

    Args:
        engine: the fields of an `Engine`, and "samples_per_s" by backend where it was tried.
        modality: "image" or "text".
    """
    if not engine:
        return ""
    backend = engine.get("backend", "torch")
    words = f"{BACKENDS[backend]} {PRECISIONS[engine['frozen']]} on {engine['device']}"
    rates = engine.get("samples_per_s") or {}
    if backend in rates:
        words += f", {rates[backend]:,.0f} {UNITS[modality or 'image']}"
        others = [f"{BACKENDS[name]} {rate:,.0f}" for name, rate in rates.items() if name != backend]
        words += f" ({', '.join(others)})" if others else ""
    return f"{words}; trained stages {PRECISIONS[engine['trained']]}"
