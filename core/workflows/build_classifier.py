"""The network of a run, before its first step: to train it, or to put trained tensors into it."""

from __future__ import annotations

from core.backbones.loaders import build_backbone
from core.backbones.measuring import describe_backbone
from core.training.classifier import Classifier
from core.training.spec import TrainingSpec
from core.training.strategies import get_strategy


def build_classifier(spec: TrainingSpec, n_classes: int, *, allow_download: bool = False) -> Classifier:
    """Backbone and head as the settings say, the backbone with its pretrained weights or with random ones.

    Raises:
        MissingWeightsError: the weights are not on this machine, and were not or could not be fetched.
    """
    strategy = get_strategy(spec.strategy)
    backbone = build_backbone(spec.model, pretrained=strategy.pretrained, seed=spec.seed, allow_download=allow_download)
    widths = describe_backbone(spec.model).stage_widths if strategy.features == "every-stage" else ()
    return Classifier(backbone, n_classes, stage_widths=widths, seed=spec.seed)
