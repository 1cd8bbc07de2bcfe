"""The backbones a person may choose from, measured."""

from __future__ import annotations

import logging
from typing import Literal

from core.backbones.catalogue import get_backbone, list_backbones
from core.backbones.measuring import describe_backbone
from core.backbones.own_rows import list_own_weights
from core.backbones.records import BackboneInfo, BackboneRow
from core.backbones.weights import weights_status
from core.datasets.records import Modality
from core.errors import UserError

Place = Literal["here", "away"]

_logger = logging.getLogger(__name__)


def list_models(modality: Modality | None = None, *, place: Place | None = None) -> tuple[BackboneInfo, ...]:
    """Every row of a modality (or of both) with its stages, parameters and where its weights are.

    Behind the rows of the catalogue come those of the files that people brought themselves. Measuring a row takes up
    to a second the first time.

    Args:
        modality: "image" or "text"; None for both.
        place: only those whose weights are on this machine ("here"), or have to be downloaded first ("away").
    """
    return tuple(describe_backbone(row.id) for row in list_rows(modality, place=place))


def count_models(modality: Modality, *, place: Place) -> int:
    """How many rows `list_models` would give, without measuring any."""
    return len(list_rows(modality, place=place))


def list_rows(modality: Modality | None = None, *, place: Place | None = None) -> list[BackboneRow]:
    """The rows that `list_models` would measure."""
    own = [row for weights in list_own_weights() if (row := _row_or_none(weights.id))]
    rows = [row for row in (*list_backbones(), *own) if modality in (None, row.modality)]
    if place is None:
        return rows
    return [row for row in rows if (weights_status(row.id) == "download") == (place == "away")]


def _row_or_none(own_id: str) -> BackboneRow | None:
    """None where the network is not known any more that a file was brought for: it must not hide the others."""
    try:
        return get_backbone(own_id)
    except UserError:
        _logger.warning("%s is left out of lists", own_id, exc_info=True)
        return None
