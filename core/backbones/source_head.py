"""The last layer that a network was pretrained with: what it takes a sample for, by the names it learned."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import Any

import numpy as np
import torch
from torch import nn
from torch.nn import functional

from core.arrays import FloatArray
from core.backbones import networks  # noqa: F401 - prepares the libraries that the functions below import
from core.backbones.catalogue import get_backbone
from core.backbones.loaders import load_weights
from core.backbones.networks.families import build_network, stage_network
from core.backbones.networks.hollow import restore_constants
from core.backbones.records import BackboneRow, ImagePreprocessing
from core.backbones.weights import require_weights
from core.errors import ConfigurationError

N_IMAGENET_CLASSES = 1_000
TOLERANCE = 1e-3
"""Largest difference between head and network, relative to the largest output: they sum in different orders."""


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class SourceHead:
    """A pretrained linear layer on the pooled features of its backbone.

    Attributes:
        weight: shape (n_concepts, n_features), float32.
        bias: shape (n_concepts,), float32.
        concept_names: what each output stands for ("bee"), n_concepts of them.
    """

    weight: FloatArray
    bias: FloatArray
    concept_names: tuple[str, ...]

    def probs(self, features: FloatArray) -> FloatArray:
        """What the network takes each sample for.

        Args:
            features: pooled features, shape (n_samples, n_features).

        Returns:
            Probabilities, shape (n_samples, n_concepts), float64; each row sums to 1.
        """
        logits = (features @ self.weight.T + self.bias).astype(np.float64)
        shares = np.exp(logits - logits.max(axis=1, keepdims=True))
        probs: FloatArray = shares / shares.sum(axis=1, keepdims=True)
        return probs


def load_source_head(backbone_id: str) -> SourceHead | None:
    """The head that a backbone was pretrained with; None where `why_no_source_head` says why it has none.

    It is tried before it is given: of the pooled features it says what the whole network says of the images.

    Raises:
        UnknownChoiceError: no row has this id.
        MissingWeightsError: the weights are not on this machine or do not fit; nothing is downloaded.
        ConfigurationError: the network answers with more than one linear layer on its pooled features.
    """
    if why_no_source_head(backbone_id):
        return None
    row = get_backbone(backbone_id)
    network = build_network(row)
    load_weights(row, network, require_weights(row))
    restore_constants(network)
    head = _last_linear(network)
    assert head is not None
    _require_whole_answer(row, network, head)
    return SourceHead(
        weight=head.weight.detach().numpy(), bias=head.bias.detach().numpy(), concept_names=_imagenet_names()
    )


@cache
def why_no_source_head(backbone_id: str) -> str:
    """Why a backbone has no head whose concepts have names, a sentence; empty where it has one. Needs no weights.

    Raises:
        UnknownChoiceError: no row has this id.
    """
    row = get_backbone(backbone_id)
    if row.modality != "image":
        return "Networks for texts learned to guess words or to compare sentences, not to name what they read."
    if row.base is not None:
        return "Its weights come from a file of your own, and nothing says what its outputs stood for."
    head = _last_linear(build_network(row))
    if head is None or head.out_features != N_IMAGENET_CLASSES:
        return "It was not pretrained on ImageNet's thousand classes, and nothing here names what it learned instead."
    return ""


def _last_linear(network: nn.Module) -> nn.Linear | None:
    return next((layer for layer in reversed(list(network.modules())) if isinstance(layer, nn.Linear)), None)


def _require_whole_answer(row: BackboneRow, network: Any, head: nn.Linear) -> None:
    """Raises ConfigurationError unless the head on the pooled features says what the network says; uses it up."""
    assert isinstance(row.preprocessing, ImagePreprocessing)
    size_px = row.preprocessing.size_px
    images = torch.randn(2, 3, size_px, size_px, generator=torch.Generator().manual_seed(0))
    with torch.inference_mode():
        whole = network.eval()(images)
        features = stage_network(row, network).eval()(images)
        fits = features.shape[1] == head.in_features
        if fits:
            difference = functional.linear(features, head.weight, head.bias) - whole
            fits = float(difference.abs().max()) <= TOLERANCE * float(whole.abs().max())
    if not fits:
        raise ConfigurationError(
            f"{row.title} gives its answer by more than one linear layer on the features that are kept of it.",
            "Choose another backbone to ask what it takes your classes for.",
        )


def _imagenet_names() -> tuple[str, ...]:
    """The first name of each class, in the order all networks for ImageNet-1K give them; timm brings them along."""
    from timm.data import ImageNetInfo

    info = ImageNetInfo("imagenet-1k")
    return tuple(info.index_to_description(index).split(",")[0] for index in range(N_IMAGENET_CLASSES))
