"""Optimisers over a classifier's trainable parts, each part with its own rate and decay."""

from __future__ import annotations

from collections.abc import Iterable

import torch
from torch import nn

from core.errors import UnknownChoiceError
from core.training.classifier import Classifier
from core.training.spec import TrainingSpec
from core.training.strategies import Phase

MOMENTUM = 0.9


def build_optimizer(classifier: Classifier, phase: Phase, spec: TrainingSpec) -> torch.optim.Optimizer:
    """The optimiser of a phase; frozen parameters are absent from it.

    Weight decay applies to weight matrices and filters only, never to biases, norms or other vectors. Each group
    remembers its full rate under "base_lr" and whether it is the head's under "is_head".
    """
    groups = _groups(classifier.head, spec.head_learning_rate, spec.weight_decay, is_head=True)
    for name, rate in phase.stage_rates(spec.learning_rate).items():
        groups += _groups(classifier.backbone.stage(name), rate, spec.weight_decay, is_head=False)
    return _build(spec.optimizer, groups)


def scale_rates(optimizer: torch.optim.Optimizer, scale: float) -> None:
    """Set every group's rate to `scale` times its full rate."""
    for group in optimizer.param_groups:
        group["lr"] = group["base_lr"] * scale


def backbone_rate(optimizer: torch.optim.Optimizer) -> float:
    """The present rate of the last trainable stage, of the head where no stage trains."""
    rates = [group["lr"] for group in optimizer.param_groups if not group["is_head"]]
    return float(rates[0] if rates else optimizer.param_groups[0]["lr"])


def _groups(module: nn.Module, rate: float, weight_decay: float, *, is_head: bool) -> list[dict[str, object]]:
    parameters = [parameter for parameter in module.parameters() if parameter.requires_grad]
    matrices = [parameter for parameter in parameters if parameter.ndim >= 2]
    vectors = [parameter for parameter in parameters if parameter.ndim < 2]
    return [
        {"params": params, "lr": rate, "base_lr": rate, "weight_decay": decay, "is_head": is_head}
        for params, decay in ((matrices, weight_decay), (vectors, 0.0))
        if params
    ]


def _build(name: str, groups: Iterable[dict[str, object]]) -> torch.optim.Optimizer:
    if name == "adamw":
        return torch.optim.AdamW(groups, fused=True)
    if name == "adam":
        return torch.optim.Adam(groups, fused=True)
    if name == "sgd":
        return torch.optim.SGD(groups, momentum=MOMENTUM)
    if name == "adagrad":
        return torch.optim.Adagrad(groups)
    raise UnknownChoiceError("optimiser", name, ("adamw", "adam", "sgd", "adagrad"))
