"""Counts a backbone's parameters and arithmetic per stage, from the network itself and without its weights."""

from __future__ import annotations

from functools import cache

import torch
from torch import Tensor
from torch.utils.flop_counter import FlopCounterMode

from core.backbones.catalogue import get_backbone
from core.backbones.networks.families import build_without_weights
from core.backbones.pooling import mean_over_positions
from core.backbones.records import BackboneInfo, ImagePreprocessing, StageInfo
from core.backbones.staged import StagedBackbone
from core.backbones.tensor_choice import count_trained
from core.backbones.weights import weights_status

TYPICAL_TOKENS = 32
"""Length for which the cost of text stages is stated; a short paragraph."""


def describe_backbone(backbone_id: str) -> BackboneInfo:
    """The row with its stages measured; the first call per row takes up to a second, later ones nothing.

    Raises:
        UnknownChoiceError: no row has this id.
    """
    stages, n_features = _measure(backbone_id)
    return BackboneInfo(
        row=get_backbone(backbone_id), stages=stages, n_features=n_features, weights=weights_status(backbone_id)
    )


@cache
def count_outputs(backbone_id: str, image_size_px: int) -> tuple[int, ...]:
    """How many numbers leave each stage, per image of this size or per token of a text."""
    _, backbone = build_without_weights(get_backbone(backbone_id))
    is_image = backbone.row.modality == "image"
    shape = (1, 3, image_size_px, image_size_px) if is_image else (1, 1)
    activation = torch.empty(shape, dtype=torch.float32 if is_image else torch.int64, device="meta")
    counts = []
    with torch.no_grad():
        for index in range(len(backbone.eval().stage_names)):
            activation = backbone.run_stages(activation, start=index, stop=index + 1)
            counts.append(activation[0].numel())
    return tuple(counts)


@cache
def _measure(backbone_id: str) -> tuple[tuple[StageInfo, ...], int]:
    _, backbone = build_without_weights(get_backbone(backbone_id))
    flops, widths = _count_flops_and_widths(backbone.eval())
    stages = tuple(
        StageInfo(
            name=name,
            n_parameters=sum(parameter.numel() for parameter in backbone.stage(name).parameters()),
            share_of_cost=count / sum(flops),
            n_norms_and_biases=count_trained(backbone.stage(name), "norms-and-biases"),
            n_low_rank=count_trained(backbone.stage(name), "low-rank"),
            width=width,
        )
        for name, count, width in zip(backbone.stage_names, flops, widths, strict=True)
    )
    return stages, backbone.n_features


def _count_flops_and_widths(backbone: StagedBackbone) -> tuple[list[int], list[int]]:
    """Per stage the floating-point operations for one sample, looking up embeddings counted as none, and the width."""
    activation = _sample(backbone)
    counts: list[int] = []
    widths: list[int] = []
    with torch.no_grad():
        for index in range(len(backbone.stage_names)):
            with FlopCounterMode(display=False) as counter:
                activation = backbone.run_stages(activation, start=index, stop=index + 1)
            counts.append(counter.get_total_flops())
            widths.append(mean_over_positions(activation, None).shape[1])
    widths[-1] = backbone.n_features
    return counts, widths


def _sample(backbone: StagedBackbone) -> Tensor:
    preprocessing = backbone.row.preprocessing
    if isinstance(preprocessing, ImagePreprocessing):
        return torch.empty(1, 3, preprocessing.size_px, preprocessing.size_px, device="meta")
    return torch.empty(1, min(TYPICAL_TOKENS, preprocessing.max_tokens), dtype=torch.int64, device="meta")
