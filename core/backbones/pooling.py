"""From the last stage's activation to one vector per sample."""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn import functional

from core.backbones.records import TextPreprocessing


def pool_image(activation: Tensor) -> Tensor:
    """One vector per image in float32, (n, width).

    Args:
        activation: a map (n, width, height, breadth), which is averaged; the tokens of a transformer
            (n, n_tokens, width), whose class token stands first; or what is pooled already (n, width).
    """
    if activation.ndim == 4:
        return activation.float().mean(dim=(2, 3))
    return (activation[:, 0] if activation.ndim == 3 else activation).float()


def pool_tokens(hidden: Tensor, mask: Tensor | None, preprocessing: TextPreprocessing) -> Tensor:
    """One vector per text in float32, as the network was trained, (n, n_tokens, width) → (n, width).

    Args:
        hidden: hidden states.
        mask: true (or 1) where a token is valid, shape (n, n_tokens); padding is on the right. None: all are.
        preprocessing: says which tokens count, and whether vectors are scaled to length 1.
    """
    features = _POOLINGS[preprocessing.pooling](hidden, mask)
    return functional.normalize(features, dim=1) if preprocessing.unit_length else features


def mean_over_positions(activation: Tensor, mask: Tensor | None) -> Tensor:
    """What leaves any stage as one float32 vector per sample, (n, width).

    Args:
        activation: a map (n, width, height, breadth), tokens (n, n_tokens, width), or what is pooled (n, width).
        mask: for texts true (or 1) where a token is valid, shape (n, n_tokens); None: all count.
    """
    if activation.ndim == 4:
        return activation.float().mean(dim=(2, 3))
    return masked_mean(activation, mask) if activation.ndim == 3 else activation.float()


def masked_mean(hidden: Tensor, mask: Tensor | None) -> Tensor:
    """Mean over the valid tokens in float32, (n, n_tokens, width) → (n, width)."""
    if mask is None:
        return hidden.float().mean(dim=1)
    weights = mask.to(torch.float32).unsqueeze(-1)
    return (hidden.float() * weights).sum(dim=1) / weights.sum(dim=1).clamp(min=1)


def first_token(hidden: Tensor, mask: Tensor | None) -> Tensor:  # noqa: ARG001 - as the others; the first is never padding
    """The first token in float32, (n, n_tokens, width) → (n, width)."""
    return hidden[:, 0].float()


def last_token(hidden: Tensor, mask: Tensor | None) -> Tensor:
    """The last valid token in float32, (n, n_tokens, width) → (n, width)."""
    if mask is None:
        return hidden[:, -1].float()
    last = (mask.long().sum(dim=1) - 1).clamp(min=0)
    index = last[:, None, None].expand(-1, 1, hidden.shape[2])
    return hidden.gather(1, index).squeeze(1).float()


_POOLINGS = {"mean": masked_mean, "first": first_token, "last": last_token}
