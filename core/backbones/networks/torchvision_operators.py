"""Lets torchvision be imported beside a torch for which its compiled operators were not built."""

from __future__ import annotations

import importlib.util
from pathlib import Path

import torch

_declared: list[torch.library.Library] = []


def declare_missing_operators() -> None:
    """Declares the schemas of `torchvision::nms` and `torchvision::qnms` where no compiled operators give them.

    The package index has torchvision only as a CUDA build. Beside a CPU-only torch its extension cannot load, and
    `import torchvision` stops with "operator torchvision::nms does not exist", because it registers shape functions
    for both operators without looking whether they are there. No classification network calls either of them, so
    their names suffice. Must run before the first import of torchvision; running it again does nothing.
    """
    if _declared or _extension_loads():
        return
    library = torch.library.Library("torchvision", "DEF")
    for operator in ("nms", "qnms"):
        library.define(f"{operator}(Tensor dets, Tensor scores, float iou_threshold) -> Tensor")
    _declared.append(library)  # a Library takes its operators with it when it is collected


def were_declared() -> bool:
    """Whether this machine needs that."""
    return bool(_declared)


def _extension_loads() -> bool:
    """Whether torchvision's own operators are there, now or as soon as it is imported."""
    if hasattr(torch.ops.torchvision, "nms"):
        return True
    spec = importlib.util.find_spec("torchvision")
    if spec is None or not spec.submodule_search_locations:
        return True
    for folder in map(Path, spec.submodule_search_locations):
        for extension in sorted([*folder.glob("_C*.so"), *folder.glob("_C*.pyd")]):
            try:
                torch.ops.load_library(str(extension))  # what torchvision does itself a moment later
            except (ImportError, OSError):
                continue
            return True
    return False
