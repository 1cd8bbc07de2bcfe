"""The last layer that a network was pretrained with: what it takes a sample for, by the names it learned."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from torch import nn

from core.arrays import FloatArray
from core.backbones import networks  # noqa: F401 - prepares the libraries that the functions below import
from core.backbones.catalogue import get_backbone
from core.backbones.loaders import load_weights
from core.backbones.networks.families import build_network
from core.backbones.weights import require_weights

N_IMAGENET_CLASSES = 1_000


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
    """The head that a backbone was pretrained with; None where it has none whose concepts have names.

    Networks for texts have none: they learned to guess words or to compare sentences. Networks pretrained on other
    images than the 1,000 classes of ImageNet have one, but nothing on this machine names its concepts.

    Raises:
        UnknownChoiceError: no row has this id.
        MissingWeightsError: the weights are not on this machine or do not fit; nothing is downloaded.
    """
    row = get_backbone(backbone_id)
    if row.modality != "image" or row.base is not None:
        return None
    network = build_network(row)
    head = _last_linear(network)
    if head is None or head.out_features != N_IMAGENET_CLASSES:
        return None
    load_weights(row, network, require_weights(row))
    return SourceHead(
        weight=head.weight.detach().numpy(), bias=head.bias.detach().numpy(), concept_names=_imagenet_names()
    )


def _last_linear(network: nn.Module) -> nn.Linear | None:
    return next((layer for layer in reversed(list(network.modules())) if isinstance(layer, nn.Linear)), None)


def _imagenet_names() -> tuple[str, ...]:
    """The first name of each class, in the order all networks for ImageNet-1K give them; timm brings them along."""
    from timm.data import ImageNetInfo

    info = ImageNetInfo("imagenet-1k")
    return tuple(info.index_to_description(index).split(",")[0] for index in range(N_IMAGENET_CLASSES))
