"""The backbones people can choose from; the rows themselves are in `image_rows` and `text_rows`."""

from __future__ import annotations

from core.backbones.hub import build_hub_row, is_hub_id
from core.backbones.image_rows import IMAGE_ROWS
from core.backbones.own_rows import OWN_PREFIX, find_own_weights, own_row, own_title, read_own_weights
from core.backbones.records import BackboneRow
from core.backbones.text_rows import TEXT_ROWS
from core.datasets.records import Modality
from core.errors import UnknownChoiceError

DEFAULT_BACKBONES: dict[Modality, str] = {"image": "efficientnet-lite0", "text": "minilm-l6"}
"""What is taken when nobody chose: both come with the installation."""

TIMM_PREFIX = "timm:"

_ROWS = tuple(sorted((*IMAGE_ROWS, *TEXT_ROWS), key=lambda row: row.source != "bundled"))


def list_backbones(modality: Modality | None = None) -> tuple[BackboneRow, ...]:
    """All rows, or those for one modality; bundled ones first."""
    return tuple(row for row in _ROWS if modality in (None, row.modality))


def get_backbone(backbone_id: str) -> BackboneRow:
    """The row with this id, or one made for an id that names a network outside of the catalogue.

    `hf:OWNER/NAME` is a network for texts on Hugging Face, made from its description; `timm:NAME` one for images of
    timm, checked on first use; `own:HASH` a row of the catalogue with weights from a person's own file.

    Raises:
        UnknownChoiceError: no row has this id; names the nearest.
        ConfigurationError, MissingWeightsError: see `build_hub_row`, `build_timm_row` and `read_own_weights`.
    """
    if is_hub_id(backbone_id):
        return build_hub_row(backbone_id)
    if backbone_id.startswith(TIMM_PREFIX):
        # only here, because it brings torch, which a list of rows can do without
        from core.backbones.networks.timm_rows import build_timm_row

        return build_timm_row(backbone_id)
    if backbone_id.startswith(OWN_PREFIX):
        own = read_own_weights(backbone_id)
        return own_row(own, get_backbone(own.base))
    for row in _ROWS:
        if row.id == backbone_id:
            return row
    raise UnknownChoiceError("backbone", backbone_id, [row.id for row in _ROWS])


def backbone_title(backbone_id: str) -> str:
    """How people write a backbone's name, for showing: nothing is built, and what is gone is called by its id."""
    known = next((row for row in _ROWS if row.id == backbone_id), None)
    if known:
        return known.title
    own = find_own_weights(backbone_id)
    return own_title(own, backbone_title(own.base)) if own else backbone_id
