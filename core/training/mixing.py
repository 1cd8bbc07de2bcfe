"""Blends of samples: pairs are mixed where they enter the trainable stages (manifold mixup, Verma et al. 2019)."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional

from core.features.sources import Batch

WHOLE = slice(None)
"""All samples of a batch."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Blend:
    """How the samples of a batch are mixed.

    Attributes:
        share: what is kept of each sample, in [0.5, 1].
        partner: row of the sample that the rest comes from, shape (n_samples,).
    """

    share: float
    partner: Tensor


def draw_blend(n_samples: int, strength: float, *, seed: tuple[int, ...]) -> Blend | None:
    """A blend drawn from Beta(strength, strength), as the paper does; None where strength is 0."""
    if not strength:
        return None
    rng = np.random.default_rng(seed)
    share = rng.beta(strength, strength)
    return Blend(share=float(max(share, 1 - share)), partner=torch.from_numpy(rng.permutation(n_samples)))


def blend_batch(batch: Batch, blend: Blend) -> Batch:
    """The blended batch; a blend of two texts has as many tokens as the longer of them.

    Raises:
        ValueError: the batch holds token ids, which have no middle.
    """
    if not batch.values.is_floating_point():
        raise ValueError("token ids cannot be blended; blending needs frozen embeddings")
    partner = blend.partner.to(batch.values.device)
    values = torch.lerp(batch.values[partner], batch.values, blend.share)
    return Batch(values, None if batch.mask is None else batch.mask | batch.mask[partner])


def blended_loss(
    logits: Tensor,
    labels: Tensor,
    blend: Blend | None,
    *,
    weight: Tensor,
    label_smoothing: float,
    rows: slice = WHOLE,
) -> Tensor:
    """Cross-entropy against the labels, or against both labels of a blend as far as each is in it.

    Args:
        logits: shape (n_rows, n_classes).
        labels: of the whole batch, shape (n_samples,).
        blend: of the whole batch; None where samples are not mixed.
        weight: of every class, shape (n_classes,).
        label_smoothing: in [0, 1).
        rows: which samples of the batch the logits are of. What parts of a batch lose adds up to what it loses.
    """

    def loss(targets: Tensor) -> Tensor:
        if rows == WHOLE:
            return functional.cross_entropy(logits, targets, weight=weight, label_smoothing=label_smoothing)
        lost = functional.cross_entropy(
            logits, targets[rows], weight=weight, label_smoothing=label_smoothing, reduction="sum"
        )
        return lost / weight[targets].sum()

    if blend is None:
        return loss(labels)
    return blend.share * loss(labels) + (1 - blend.share) * loss(labels[blend.partner.to(labels.device)])
