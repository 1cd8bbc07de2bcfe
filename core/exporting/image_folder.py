"""A classifier of images under its library's own names: a folder for timm and transformers, a file for torchvision."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import safetensors.torch
import timm
import torchvision
from torch import Tensor, nn

from core.backbones.networks.image import library_options
from core.backbones.records import BackboneRow, ImagePreprocessing
from core.exporting.leaving import LeavingModel
from core.exporting.library_network import library_tensors

CONFIG_FILE, TENSORS_FILE, CLASSES_FILE = "config.json", "model.safetensors", "classes.json"


def write_timm_folder(model: LeavingModel, folder: Path) -> None:
    """`config.json` and `model.safetensors` as both libraries read them; the temperature is in the last layer."""
    network = timm.create_model(
        model.classifier.backbone.row.reference, pretrained=False, num_classes=_n_classes(model)
    )
    _fill(network, network.get_classifier(), model)
    _write_json(folder / CONFIG_FILE, _timm_configuration(network, model))
    safetensors.torch.save_file(_contiguous(network.state_dict()), folder / TENSORS_FILE, {"format": "pt"})


def write_torchvision_file(model: LeavingModel, folder: Path) -> None:
    """`model.safetensors` and `classes.json`; the temperature is in the last layer."""
    network = build_torchvision(model.classifier.backbone.row, _n_classes(model))
    last = next(layer for layer in reversed(list(network.modules())) if isinstance(layer, nn.Linear))
    _fill(network, last, model)
    safetensors.torch.save_file(_contiguous(network.state_dict()), folder / TENSORS_FILE, {"format": "pt"})
    _write_json(folder / CLASSES_FILE, list(model.class_names))


def build_torchvision(row: BackboneRow, n_classes: int) -> Any:
    """The library's network with random weights and so many outputs."""
    return torchvision.models.get_model(row.reference, weights=None, num_classes=n_classes, **library_options(row))


def _fill(network: Any, last: Any, model: LeavingModel) -> None:
    """The tensors of the stages, and the head as the last layer."""
    head = model.classifier.head
    last.weight.data.copy_(head.weight.detach() / model.temperature)
    last.bias.data.copy_(head.bias.detach() / model.temperature)
    found = network.load_state_dict(library_tensors(model.classifier.backbone), strict=False)
    own = {id(last.weight), id(last.bias)}
    kept = {name for name, tensor in network.state_dict(keep_vars=True).items() if id(tensor) in own}
    if found.unexpected_keys or set(found.missing_keys) - kept:
        raise RuntimeError(f"the library's network differs: {found.missing_keys} {found.unexpected_keys}")


def _timm_configuration(network: Any, model: LeavingModel) -> dict[str, Any]:
    settings = model.classifier.backbone.row.preprocessing
    assert isinstance(settings, ImagePreprocessing)
    size = model.image_size_px
    return {
        "architecture": model.classifier.backbone.row.reference.split(".")[0],
        "num_classes": _n_classes(model),
        "num_features": int(network.num_features),
        "label_names": list(model.class_names),
        "pretrained_cfg": {
            "input_size": [3, size, size],
            "fixed_input_size": model.classifier.backbone.row.fixed_size,
            "interpolation": "bicubic",
            "crop_pct": 1.0,
            "crop_mode": "center",
            "mean": list(settings.mean),
            "std": list(settings.std),
            "num_classes": _n_classes(model),
            "pool_size": None,
            "first_conv": network.pretrained_cfg.get("first_conv"),
            "classifier": network.pretrained_cfg.get("classifier"),
        },
    }


def _n_classes(model: LeavingModel) -> int:
    return len(model.class_names)


def _contiguous(tensors: dict[str, Tensor]) -> dict[str, Tensor]:
    return {name: tensor.contiguous() for name, tensor in tensors.items()}


def _write_json(file: Path, values: Any) -> None:
    file.write_text(json.dumps(values, ensure_ascii=False, indent=1), encoding="utf-8")
