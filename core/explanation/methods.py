"""The ways to ask a model why, each with what it shows and what it does not."""

from __future__ import annotations

from core.datasets.records import Modality
from core.errors import UnknownChoiceError
from core.explanation.records import MethodRow

METHODS: tuple[MethodRow, ...] = (
    MethodRow(
        id="grad-cam",
        modality="image",
        title="Grad-CAM",
        says=(
            "Shows where the features lie that the class is read from; it does not show which detail there counts, "
            "nor what would happen without it."
        ),
        source="Selvaraju et al. 2017",
    ),
    MethodRow(
        id="occlusion",
        modality="image",
        title="Occlusion",
        says=(
            "Shows which squares the answer needs, by covering each with grey; it does not show places that stand in "
            "for each other, and a grey square is something the network never saw."
        ),
        source="Zeiler and Fergus 2014",
    ),
    MethodRow(
        id="leave-one-word-out",
        modality="text",
        title="Leave one word out",
        says=(
            "Shows how the answer changes without each word; it does not show words that stand in for each other, and "
            "a text with a gap is one that nobody would write."
        ),
        source="Li et al. 2016",
    ),
    MethodRow(
        id="integrated-gradients",
        modality="text",
        title="Integrated gradients",
        says=(
            "Shows how the answer builds up on the way from a text of blanks to this one, word by word; it does not "
            "show what a word does together with others, and another start gives other scores."
        ),
        source="Sundararajan et al. 2017",
    ),
)


def list_methods(modality: Modality) -> tuple[MethodRow, ...]:
    """The methods for images or for texts, the usual one first."""
    return tuple(row for row in METHODS if row.modality == modality)


def get_method(method_id: str | None, modality: Modality) -> MethodRow:
    """The method of this name, or the usual one; raises UnknownChoiceError for one that does not fit the modality."""
    rows = {row.id: row for row in list_methods(modality)}
    if method_id is None:
        return next(iter(rows.values()))
    if method_id not in rows:
        raise UnknownChoiceError("method", method_id, tuple(rows))
    return next(row for row in rows.values() if row.id == method_id)
