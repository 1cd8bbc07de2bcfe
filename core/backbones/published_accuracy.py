"""How a backbone did on the images it was pretrained for, as its publisher says: what is known before any data."""

from __future__ import annotations

from core.backbones import networks  # noqa: F401 - prepares torchvision
from core.backbones.catalogue import get_backbone

_PUBLISHED = {"efficientnet-lite0": 75.5}
"""Percent of ImageNet-1K's validation images, for what is not torchvision's, which states its own."""


def published_accuracy(backbone_id: str) -> float | None:
    """Top-1 accuracy on ImageNet-1K in [0, 1], in the published evaluation; None where none is known for these weights.

    Networks for texts have none: there is no task that they all were measured on.
    """
    row = get_backbone(backbone_id)
    if row.base is not None or row.modality != "image":
        return None
    if row.source == "torchvision":
        import torchvision

        weights = torchvision.models.get_model_weights(row.reference).IMAGENET1K_V1
        return float(weights.meta["_metrics"]["ImageNet-1K"]["acc@1"]) / 100
    percent = _PUBLISHED.get(row.id)
    return None if percent is None else percent / 100
