"""Rows for networks of timm that a person names, `timm:NAME`, made from what the library knows and checked once."""

from __future__ import annotations

import contextlib
import difflib
import warnings
from collections.abc import Iterator
from dataclasses import replace
from functools import cache
from typing import Any

import timm
import torch
from torch import Tensor

from core.backbones.catalogue import TIMM_PREFIX
from core.backbones.networks.draws import GlobalDraws
from core.backbones.networks.families import build_network, build_without_weights, stage_network
from core.backbones.networks.hollow import give_memory, restore_constants
from core.backbones.networks.initialisation import initialise_weights
from core.backbones.networks.timm_chain import NotAChainError
from core.backbones.records import BackboneRow, ImagePreprocessing
from core.backbones.staged import StagedBackbone
from core.errors import ConfigurationError, UnknownChoiceError

MAX_PARAMETERS = 400_000_000
SMALL_PX = 96
TOLERANCE = 1e-4

_FAMILIES = ("chain", "chain-with-pooling")
_N_NEIGHBOURS = 3
_MANY_CONCEPTS = ("in21k", "in22k", "in12k", "dino", "dinov2", "lvd142m", "lvd1689m")


_MISUSE = (ArithmeticError, AssertionError, AttributeError, LookupError, RuntimeError, TypeError, ValueError)
"""What a foreign network raises where it is run in a way it was not made for."""


def build_timm_row(backbone_id: str) -> BackboneRow:
    """The row of `timm:NAME`, with or without the tag of its weights; takes some seconds the first time.

    The network is built with random weights, cut, and compared with the library's own forward pass.

    Raises:
        UnknownChoiceError: timm has no such network, or no such weights for it.
        ConfigurationError: the network cannot be staged exactly, or its weights are not where timm keeps them.
    """
    return _build_row(_full_name(backbone_id.removeprefix(TIMM_PREFIX)))


@cache
def _build_row(name: str) -> BackboneRow:
    try:
        return _staged(_describe(name))
    except NotAChainError as reason:
        raise ConfigurationError(
            f'"{name}" of timm cannot be cut into stages that together compute exactly what it computes: {reason}.',
            f'The nearest name that can: "{_nearest(name)}".',
        ) from reason


def _full_name(name: str) -> str:
    """The name with the tag of its weights, so that it means the same whatever the library's default becomes."""
    architecture, _, tag = name.partition(".")
    if not timm.is_model(architecture):
        raise UnknownChoiceError("network of timm", name, timm.list_models())
    named = timm.list_models(f"{architecture}.*", pretrained=True)
    if tag and name not in named:
        raise UnknownChoiceError("network of timm", name, named)
    default = timm.models.get_pretrained_cfg(name)
    if default is None or not (default.hf_hub_id or "").startswith("timm/"):
        raise ConfigurationError(
            f'timm publishes no weights for "{name}" in its own collection.', "Choose a network that has some."
        )
    return f"{architecture}.{default.tag}" if default.tag else architecture


def _describe(name: str) -> BackboneRow:
    """What timm knows of a network, before its stages are."""
    known = timm.models.get_pretrained_cfg(name)
    channels, height, width = known.input_size
    if channels != 3 or height != width or len(known.mean) != 3:
        raise ConfigurationError(f'"{name}" does not take square colour images.', "Choose a network that does.")
    row = BackboneRow(
        id=TIMM_PREFIX + name,
        title=name,
        modality="image",
        family=_FAMILIES[0],
        source="timm",
        reference=name,
        licence=f"{known.license or 'not stated'} (timm/{name} on Hugging Face); read it there before you ship",
        download_mb=0,
        preprocessing=ImagePreprocessing(size_px=height, mean=known.mean, std=known.std),
        probe_friendly=_saw_many_concepts(known.tag or ""),
        advice="Chosen by its name: staged and compared with timm's own on this machine, but not tried by us.",
        fixed_size=bool(known.fixed_input_size),
        min_size_px=max(SMALL_PX, *(known.min_input_size or (0,))),
    )
    n_parameters = sum(parameter.numel() for parameter in _build(row).parameters())
    if n_parameters > MAX_PARAMETERS:
        raise ConfigurationError(
            f'"{name}" has {n_parameters / 1e6:,.0f} million parameters; {MAX_PARAMETERS / 1e6:,.0f} are the most.',
            "Choose a smaller network.",
        )
    return replace(row, download_mb=round(4 * n_parameters / 1e6))


def _saw_many_concepts(tag: str) -> bool:
    """Whether weights come from more than ImageNet's thousand classes or from no labels, and were not tuned on it."""
    parts = tag.split("_")
    return any(part in _MANY_CONCEPTS for part in parts) and "ft" not in parts


def _staged(row: BackboneRow) -> BackboneRow:
    """The row with the family and size of input with which its stages agree with the library's network.

    Raises:
        NotAChainError: there is none; says why the last that was tried does not.
    """
    with _misuse_explained():
        build_without_weights(row)  # which is quick: most that fail, fail here
    reason = NotAChainError()
    for variant in _variants(row):
        try:
            _require_agreement(variant)
        except NotAChainError as error:
            reason = error
        else:
            return variant
    raise reason


def _variants(row: BackboneRow) -> Iterator[BackboneRow]:
    for fixed_size in (False, True)[row.fixed_size :]:
        for family in _FAMILIES:
            yield replace(row, fixed_size=fixed_size, family=family)


def _require_agreement(row: BackboneRow) -> None:
    """Raises NotAChainError unless the stages, with random weights, compute what the library's network does."""
    size_px = _size_px(row) if row.fixed_size else row.min_size_px
    generator = torch.Generator().manual_seed(0)
    images = torch.randn(4, 3, size_px, size_px, generator=generator)
    with _misuse_explained(), torch.inference_mode():
        network = _filled(row, generator)
        whole = network.forward_head(network.forward_features(images), pre_logits=True)
        backbone = stage_network(row, network).eval()
        joined = _in_two_passes(backbone, images)
        with GlobalDraws() as draws:
            backbone.train()(images)
    if joined.shape != whole.shape or joined.shape[1] != backbone.n_features:
        raise NotAChainError("its parts give features of another shape")
    if not float((joined - whole).abs().max()) <= TOLERANCE * float(whole.abs().max()):
        raise NotAChainError("its parts give other numbers")
    if draws.names:
        raise NotAChainError(f"its training draws random numbers with {draws.names[0]}, whose seed nobody could set")


def _in_two_passes(backbone: StagedBackbone, images: Tensor) -> Tensor:
    """Pooled features; the prefix has seen other images when the suffix runs, should a stage remember anything."""
    middle = len(backbone.stage_names) // 2
    at_cut = [backbone.run_stages(part, stop=middle) for part in images.split(2)]
    return torch.cat([backbone.pool(backbone.run_stages(part, start=middle)) for part in at_cut])


@contextlib.contextmanager
def _misuse_explained() -> Iterator[None]:
    try:
        yield
    except _MISUSE as error:
        first_line = next(iter(str(error).splitlines()), "")
        raise NotAChainError(f"running it in parts stops with {type(error).__name__} ({first_line[:120]})") from error


def _size_px(row: BackboneRow) -> int:
    return row.preprocessing.size_px if isinstance(row.preprocessing, ImagePreprocessing) else 0


def _filled(row: BackboneRow, generator: torch.Generator) -> Any:
    """The network with random weights, none of them so small that a part could be missing without a trace."""
    network = _build(row)
    give_memory(network)
    restore_constants(network)
    initialise_weights(network, generator, linear_std=0.02)
    with torch.no_grad():
        for parameter in network.parameters():
            if parameter.numel() == max(parameter.shape, default=1):
                parameter += 0.1 * torch.randn(parameter.shape, generator=generator)
    return network.eval()


def _build(row: BackboneRow) -> Any:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # names the library has renamed, and the like
        return build_network(row)


def _nearest(name: str) -> str:
    """A network that can be staged: the most similar name, else the catalogue's default."""
    names = [other for other in timm.list_models(pretrained=True) if other != name]
    for near in difflib.get_close_matches(name, names, n=_N_NEIGHBOURS, cutoff=0.3):
        with contextlib.suppress(ConfigurationError, NotAChainError):
            return _staged(_describe(near)).id
    return "resnet50"
