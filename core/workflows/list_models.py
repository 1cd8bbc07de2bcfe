"""The backbones a person may choose from, measured."""

from __future__ import annotations

from core.backbones.catalogue import list_backbones
from core.backbones.measuring import describe_backbone
from core.backbones.records import BackboneInfo
from core.datasets.records import Modality


def list_models(modality: Modality | None = None) -> tuple[BackboneInfo, ...]:
    """Every row of a modality (or of both) with its stages, parameters and where its weights are."""
    return tuple(describe_backbone(row.id) for row in list_backbones(modality))
