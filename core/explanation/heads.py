"""What is explained: the log-odds of one class, under the run's own head or one of random weights."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor, nn
from torch.nn import functional

N_RANDOM_HEADS = 5
"""How many are asked: one alone may point the same way by chance."""


@dataclass(frozen=True, slots=True, eq=False)
class Head:
    """A linear layer.

    Attributes:
        weight: shape (n_classes, n_features).
        bias: shape (n_classes,).
    """

    weight: Tensor
    bias: Tensor

    def log_odds(self, features: Tensor, label: int) -> Tensor:
        """How much the class is likelier than all others together, shape (n_samples,), natural logarithm.

        Probabilities hardly move where a model is sure; these do.

        Args:
            features: what the head reads, shape (n_samples, n_features).
            label: the class.
        """
        logits = functional.linear(features, self.weight, self.bias)
        others = [other for other in range(logits.shape[1]) if other != label]
        return logits[:, label] - logits[:, others].logsumexp(dim=1)


def head_of(layer: nn.Linear) -> Head:
    """The head of a classifier, without a say in gradients."""
    return Head(layer.weight.detach(), layer.bias.detach())


def random_heads(head: Head, *, n: int = N_RANDOM_HEADS, seed: int = 0) -> tuple[Head, ...]:
    """Heads of the same shape and of weights as large, but drawn at random: they have learned nothing."""
    generator = torch.Generator().manual_seed(seed)
    size = head.weight.std()
    weights = (torch.randn(head.weight.shape, generator=generator).to(head.weight) * size for _ in range(n))
    return tuple(Head(weight, torch.zeros_like(head.bias)) for weight in weights)
