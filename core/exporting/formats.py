"""The formats in which a model leaves; to add one, add a row here and its files to `format_files.py`."""

from __future__ import annotations

from dataclasses import dataclass

from core.backbones.records import BackboneRow, FeatureChoice, Pooling, TextPreprocessing
from core.datasets.records import Modality
from core.errors import ConfigurationError, UnknownChoiceError


@dataclass(frozen=True, kw_only=True, slots=True)
class ExportFormat:
    """One row of the catalogue.

    Attributes:
        id: permanent; used on the command line and in the names of files.
        title: how people call it.
        what: what one gets, a sentence.
        modality: what the model must take; None: either.
        is_exact: whether it has to give the probabilities of the network; otherwise it costs accuracy, which is told.
        has_program: whether a program that answers goes along, and samples to try it on.
    """

    id: str
    title: str
    what: str
    modality: Modality | None = None
    is_exact: bool = True
    has_program: bool = False


FORMATS: tuple[ExportFormat, ...] = (
    ExportFormat(
        id="bundle",
        title="Archive with a program",
        what=(
            "The network as ONNX with its weights beside it as safetensors, and a short program that needs nothing of "
            "this one."
        ),
        has_program=True,
    ),
    ExportFormat(
        id="transformers",
        title="transformers folder",
        what='What `pipeline("text-classification", FOLDER)` loads, with the library\'s own classes and no other code.',
        modality="text",
    ),
    ExportFormat(
        id="timm",
        title="timm folder",
        what=(
            'What `timm.create_model("local-dir:FOLDER", pretrained=True)` and '
            '`pipeline("image-classification", FOLDER)` of transformers load.'
        ),
        modality="image",
    ),
    ExportFormat(
        id="torchvision",
        title="torchvision weights",
        what="A state dict under torchvision's names as safetensors, and the lines of code that load it.",
        modality="image",
    ),
    ExportFormat(
        id="onnx",
        title="ONNX",
        what="The network as one file, for any number of samples at once and texts of any length.",
        has_program=True,
    ),
    ExportFormat(
        id="onnx-int8",
        title="ONNX in int8",
        what="A quarter of the size, and faster on many processors; what it costs in accuracy is measured.",
        is_exact=False,
        has_program=True,
    ),
    ExportFormat(
        id="openvino",
        title="OpenVINO",
        what="The network as OpenVINO's .xml and .bin in float32, for processors and graphics units by Intel.",
        has_program=True,
    ),
)


def get_format(format_id: str) -> ExportFormat:
    """The row of an id; raises UnknownChoiceError with the nearest one."""
    for row in FORMATS:
        if row.id == format_id:
            return row
    raise UnknownChoiceError("format", format_id, [row.id for row in FORMATS])


def list_formats(row: BackboneRow, features: FeatureChoice) -> list[ExportFormat]:
    """Those that a model on this backbone can take."""
    return [kind for kind in FORMATS if not why_not_format(kind, row, features)]


def require_format(format_id: str, row: BackboneRow, features: FeatureChoice) -> ExportFormat:
    """The row of an id that a model can take.

    Raises:
        UnknownChoiceError: there is no such format.
        ConfigurationError: the model cannot take it; says why, and which it can.
    """
    kind = get_format(format_id)
    if why := why_not_format(kind, row, features):
        fitting = ", ".join(f'"{other.id}"' for other in list_formats(row, features))
        raise ConfigurationError(f'This model cannot leave as "{format_id}". {why}', f"It can as {fitting}.")
    return kind


def why_not_format(kind: ExportFormat, row: BackboneRow, features: FeatureChoice) -> str:
    """Why a model cannot take a format, a sentence; empty where it can.

    Args:
        kind: the format.
        row: the backbone of the model.
        features: what its head reads.
    """
    if kind.modality not in (None, row.modality):
        return f"That is for models of {kind.modality}s."
    if kind.id in _LIBRARIES and features == "every-stage":
        return "Its head reads every stage of the network; the libraries' own classifiers read the last one."
    if kind.id == "transformers":
        return _why_not_transformers(row)
    library = "timm" if row.source == "bundled" else row.source
    if kind.id in ("timm", "torchvision") and library != kind.id:
        return f"{row.title} is a network of {library}."
    return ""


_LIBRARIES = ("transformers", "timm", "torchvision")
_FIRST: tuple[Pooling, ...] = ("mean", "first")
_POOLINGS: dict[str, tuple[Pooling, ...]] = {
    "bert": _FIRST,
    "distilbert": _FIRST,
    "roberta": _FIRST,
    "xlm-roberta": _FIRST,
    "electra": _FIRST,
    "deberta-v2": _FIRST,
    "gpt2": ("last",),
}
"""What a family's classifier in transformers can be brought to read, by the name of the family."""


def _why_not_transformers(row: BackboneRow) -> str:
    settings = row.preprocessing
    if not isinstance(settings, TextPreprocessing) or row.family not in _POOLINGS:
        return f"transformers has no classifier for {row.title}."
    is_scaled_otherwise = settings.unit_length and settings.pooling != "mean"
    if settings.pooling not in _POOLINGS[row.family] or is_scaled_otherwise:
        return f"transformers' own classifier for {row.title} cannot read of it what this model reads."
    return ""
