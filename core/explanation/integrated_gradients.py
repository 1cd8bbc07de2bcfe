"""Integrated gradients: how an answer builds up on the way from a text of blanks to the one that was given."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from captum.attr import IntegratedGradients
from torch import Tensor

from core.arrays import FloatArray
from core.explanation.behind import BehindStage, activations_of
from core.explanation.heads import Head
from core.training.classifier import Classifier

N_STEPS = 32
N_RANDOM_STEPS = 8
"""Under random heads the order of the scores is all that is asked for."""

STEPS_PER_BATCH = 16


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class TokenScores:
    """What each token does to the log-odds of a class.

    Attributes:
        scores: shape (n_heads, n_tokens).
        residual: how far the scores under the first head are from adding up to the difference between both ends of
            the way, as a share of it; more steps make it smaller.
    """

    scores: FloatArray
    residual: float


def integrate_gradients(
    classifier: Classifier, token_ids: Tensor, blanks: Tensor, label: int, heads: Sequence[Head]
) -> TokenScores:
    """Gradients along the straight line between two embeddings, times the way (Sundararajan et al. 2017).

    Args:
        classifier: a model for texts, in evaluation mode.
        token_ids: one text, shape (1, n_tokens).
        blanks: the same with padding in place of all tokens that stand for its characters.
        label: the class to explain.
        heads: the model's own, then those of random weights.
    """
    mask = torch.ones_like(token_ids, dtype=torch.bool)
    activations = activations_of(classifier, token_ids, mask)
    start = activations_of(classifier, blanks, mask)[0]
    network = BehindStage(classifier, activations, 0, head=heads[0], label=label, mask=mask)
    method, scores, misses = IntegratedGradients(network), [], []
    for number, head in enumerate(heads):
        network.head = head
        found, miss = method.attribute(
            activations[0],
            start,
            n_steps=N_RANDOM_STEPS if number else N_STEPS,
            internal_batch_size=STEPS_PER_BATCH,
            return_convergence_delta=True,
        )
        scores.append(found[0].sum(dim=1).float().cpu().numpy())
        misses.append(float(miss))
    return TokenScores(scores=np.stack(scores), residual=_share(misses[0], float(scores[0].sum())))


def _share(miss: float, total: float) -> float:
    """The miss is what the scores add up to, less the true difference."""
    difference = abs(total - miss)
    return abs(miss) / difference if difference else 0.0
