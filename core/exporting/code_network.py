"""A backbone in the words of its library: which of its parts make up each stage."""

from __future__ import annotations

import importlib.metadata
import re
from collections.abc import Mapping, Sequence
from typing import Any, Literal

import torch
from torch import nn

from core.backbones.catalogue import get_backbone
from core.backbones.hub import WEIGHTS_FILE, own_folder
from core.backbones.measuring import describe_backbone
from core.backbones.networks.dropout import SeededDropout
from core.backbones.networks.families import build_network, stage_network
from core.backbones.networks.image import library_options
from core.backbones.networks.parts import ChannelsFirst, TokenEmbedding
from core.backbones.records import BackboneRow
from core.backbones.staged import StagedBackbone
from core.backbones.tokenizers import tokenizer_file
from core.backbones.weights import package_of
from core.errors import ConfigurationError
from core.exporting.code_facts import NetworkCode, StageCode

WIDTH = 100
LAYERS = {
    "bert": "encoder.layer",
    "roberta": "encoder.layer",
    "xlm-roberta": "encoder.layer",
    "electra": "encoder.layer",
    "distilbert": "transformer.layer",
    "gpt2": "h",
}
"""Where the families of text networks keep their layers."""

_ATTENTION_DROPOUT = {"distilbert": "attention_dropout", "gpt2": "attn_pdrop"}
_USUAL_ATTENTION_DROPOUT = "attention_probs_dropout_prob"

_Pooling = Literal["map", "map-last", "tokens", "pooled"]


def describe_network(model: str) -> NetworkCode:
    """How the backbone of this id is written; raises ConfigurationError for one that plain code cannot take apart."""
    row = get_backbone(model)
    base = get_backbone(row.base) if row.base else row
    info = describe_backbone(model)
    package, file = package_of(base)
    is_own = row.base is not None
    named: dict[str, Any] = {
        "library": _library(base),
        "reference": base.reference,
        "family": base.family,
        "weights_package": package,
        "weights_package_file": file,
        "weights_file": f"{own_folder(row.id).name}.{WEIGHTS_FILE.rpartition('.')[2]}" if is_own else "",
        "preprocessing": row.preprocessing,
        "n_features": info.n_features,
        "widths": info.stage_widths,
    }
    network = build_network(base)
    named["has_dropout"] = any(
        getattr(module, "p", 0) or getattr(module, "drop_prob", 0) for module in network.modules()
    )
    return NetworkCode(**named, **(_image(base, network) if row.modality == "image" else _text(row, base)))


def packages_of(code: NetworkCode) -> tuple[str, ...]:
    """What pip must install for it besides torch and scikit-learn, with the versions that are here."""
    bundled = [code.weights_package.replace("_", "-")] if code.weights_package else []
    names = [code.library, *([] if code.library != "timm" else ["torchvision"]), *bundled]
    return tuple(f"{name}=={importlib.metadata.version(name)}" for name in names)


def _library(row: BackboneRow) -> str:
    if row.modality == "text":
        return "transformers"
    return "torchvision" if row.source == "torchvision" else "timm"


def _text(row: BackboneRow, base: BackboneRow) -> dict[str, Any]:
    if base.family not in LAYERS:
        raise ConfigurationError(
            f"{base.title} cannot be written as plain code: all its layers share the embeddings of distances.",
            "Choose a run with another backbone.",
        )
    dropout = _ATTENTION_DROPOUT.get(base.family, _USUAL_ATTENTION_DROPOUT)
    return {
        "options": f", {dropout}=0.0",
        "stages": tuple(StageCode(name=name, expression="") for name in describe_backbone(row.id).stage_names),
        "layers": LAYERS[base.family],
        "parts": frozenset(),
        "pooling": "tokens",
        "every_stage_pooling": "",
        "pad_id": tokenizer_file(row).pad_id,
    }


def _image(row: BackboneRow, network: nn.Module) -> dict[str, Any]:
    names = {id(module): name for name, module in network.named_modules() if name}
    modules = dict(network.named_modules())
    backbone = stage_network(row, network)
    writer = _Writer(names, modules)
    written = {name: writer.of(backbone.stage(name)) for name in backbone.stage_names}
    if "TokenEmbedding" in writer.parts:  # the network is emptied of these, which stand in variables then
        written = {name: re.sub(r"network\.(blocks|norm)\b", r"\1", code) for name, code in written.items()}
    poolings = _poolings(row, backbone, is_channels_last="ChannelsFirst" in writer.parts)
    return {
        "options": "".join(f", {name}={value!r}" for name, value in library_options(row).items()),
        "stages": tuple(StageCode(name=name, expression=code) for name, code in written.items()),
        "layers": "",
        "parts": frozenset(writer.parts),
        "pooling": poolings[-1],
        "every_stage_pooling": _any_pooling(poolings),
        "pad_id": 0,
    }


class _Writer:
    """Writes modules as expressions of `network`.

    Args:
        names: of the network's modules, by their identity before it was cut.
        modules: the same, by name.

    Attributes:
        parts: special parts that were needed.
    """

    def __init__(self, names: Mapping[int, str], modules: Mapping[str, nn.Module]) -> None:
        self._names = names
        self._modules = modules
        self.parts: set[str] = set()

    def of(self, module: nn.Module) -> str:
        """The expression; raises ConfigurationError where a part has no words in the library."""
        if id(module) in self._names:
            return _path(self._names[id(module)])
        if isinstance(module, TokenEmbedding):
            self.parts.add("TokenEmbedding")
            return "TokenEmbedding()"
        if isinstance(module, ChannelsFirst):
            self.parts.add("ChannelsFirst")
            module = module.layers
        if type(module) is nn.Sequential:
            return _call("nn.Sequential", self._layers(module))
        if isinstance(module, nn.Flatten | nn.ReLU):
            return f"nn.{module!r}"
        if type(module) is SeededDropout:
            return f"nn.Dropout({module.p})"
        raise ConfigurationError(
            f"This network cannot be written as plain code: it has a part ({type(module).__name__}) that is not one "
            "of its library's modules.",
            "Choose a run with another backbone.",
        )

    def _layers(self, sequence: nn.Sequential) -> list[str]:
        """Expressions of the layers; neighbours in one container are written as its slice."""
        found: list[str] = []
        names = [self._names.get(id(layer)) for layer in sequence]
        at = 0
        while at < len(names):
            end = at + 1
            while end < len(names) and _follows(names[end - 1], names[end]):
                end += 1
            owner, _, first = (names[at] or "").rpartition(".")
            if end - at > 1 and isinstance(self._modules.get(owner), nn.Sequential):
                found.append(f"*{_path(owner)}[{first}:{int(first) + end - at}]")
            else:
                found += [self.of(layer) for layer in list(sequence)[at:end]]
            at = end
        return found


def _follows(first: str | None, second: str | None) -> bool:
    if first is None or second is None:
        return False
    (owner, _, place), (other, _, following) = first.rpartition("."), second.rpartition(".")
    return owner == other and place.isdigit() and following.isdigit() and int(following) == int(place) + 1


def _path(name: str) -> str:
    """`layer1.0.conv1` as Python reaches it."""
    return "network" + re.sub(r"\.(\d+)", r"[\1]", f".{name}")


def _call(function: str, arguments: Sequence[str]) -> str:
    line = f"{function}({', '.join(arguments)})"
    return line if len(line) <= WIDTH else f"{function}(\n        " + ",\n        ".join(arguments) + ",\n    )"


def _poolings(row: BackboneRow, backbone: StagedBackbone, *, is_channels_last: bool) -> list[_Pooling]:
    """What kind of activation leaves each stage."""
    size_px: int = row.preprocessing.size_px  # type: ignore[union-attr]
    image = torch.zeros(2, 3, size_px, size_px, device="meta")
    kinds: dict[int, _Pooling] = {4: "map-last" if is_channels_last else "map", 3: "tokens", 2: "pooled"}
    with torch.no_grad():
        return [kinds[values.ndim] for values in backbone.to("meta").eval().each_stage(image)]


def _any_pooling(kinds: Sequence[_Pooling]) -> str:
    """How `values` that leave a stage before the last become one vector each."""
    means = {"map": "values.float().mean(dim=(2, 3))", "map-last": "values.float().mean(dim=(1, 2))"}
    means |= {"tokens": "values.float().mean(dim=1)", "pooled": "values.float()"}
    words = [means[kind] for kind in dict.fromkeys(kinds)]
    if len(words) == 1:
        return words[0]
    (first, *_), other = words, words[-1]
    return f"{first} if values.ndim == {4 if 'map' in kinds or 'map-last' in kinds else 3} else {other}"
