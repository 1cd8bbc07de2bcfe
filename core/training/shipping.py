"""Whether training stages was worth it: what a run ships is the fitted head, unless what came after is clearly better.

Between the states after the head, `policies.plateau_middle` has chosen already: a mixture of weights, or the best
epoch where that is clearly better. What is decided here is whether that choice beats the simplest model there is.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np

from core.arrays import BoolArray, FloatArray, IntArray
from core.training.temperature import fit_temperature, sample_losses

Reason = Literal["hits", "probabilities", "not-clear", "no-mistake"]
ROUNDING = 1e-12
"""So that rounding does not part two that are alike."""


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class Answers:
    """How a state does on the validation samples, one by one.

    Attributes:
        hits: whether each sample is right, shape (n_samples,).
        losses: cross-entropy of each, nats, at the state's own temperature: fine-tuning makes a model surer of itself,
            and that alone makes it neither better nor worse.
    """

    hits: BoolArray
    losses: FloatArray


@dataclass(frozen=True, kw_only=True, slots=True)
class Gain:
    """What one state has over another on the same samples; above 0 is better.

    Attributes:
        value: the mean difference.
        error: its standard error.
    """

    value: float
    error: float

    @property
    def is_clear(self) -> bool:
        """Whether it is above 0 by more than one standard error."""
        return self.value > self.error + ROUNDING

    @property
    def is_clear_loss(self) -> bool:
        """Whether it is below 0 by more than one standard error."""
        return -self.value > self.error + ROUNDING


@dataclass(frozen=True, kw_only=True, slots=True)
class Verdict:
    """Whether the trained state is shipped, and what that rests on.

    Attributes:
        reason: "hits" or "probabilities", which are clearly better in the trained state; "not-clear" or "no-mistake",
            for which the fitted head stays.
        accuracy: gain in balanced accuracy, in [-1, 1].
        loss: gain in log loss, nats.
    """

    reason: Reason
    accuracy: Gain
    loss: Gain

    @property
    def is_worth_it(self) -> bool:
        """True for the trained state, False for the fitted head."""
        return self.reason in ("hits", "probabilities")


def judge_training(fitted: Answers, trained: Answers, labels: IntArray) -> Verdict:
    """Ship the trained state if it hits clearly more, or if it hits no less and its probabilities are clearly better.

    The rule of one standard error (Breiman et al. 1984) on paired differences: both states answer the same samples,
    so that what is hard for both does not blur the comparison. The log loss has a say because it sees a gain that is
    spread over many samples long before one more of them is right. Every class counts alike, as in macro-F1.

    Args:
        fitted: of the head that was fitted to the frozen features.
        trained: of the best state after that.
        labels: true classes of the validation samples, shape (n_samples,).
    """
    weights = _class_shares_evened(labels)
    accuracy = _gain(weights * (trained.hits.astype(np.float64) - fitted.hits))
    loss = _gain(weights * (fitted.losses - trained.losses))
    return Verdict(
        reason=_reason(accuracy, loss, head_is_perfect=bool(fitted.hits.all())), accuracy=accuracy, loss=loss
    )


def answers_of(logits: FloatArray, labels: IntArray) -> Answers:
    """How logits of shape (n_samples, n_classes) do on labels of shape (n_samples,)."""
    temperature = fit_temperature(logits, labels).value
    return Answers(hits=logits.argmax(axis=1) == labels, losses=sample_losses(logits, labels, temperature))


def _reason(accuracy: Gain, loss: Gain, *, head_is_perfect: bool) -> Reason:
    if head_is_perfect:  # it cannot be beaten, only be made surer
        return "no-mistake"
    if accuracy.is_clear:
        return "hits"
    return "probabilities" if loss.is_clear and not accuracy.is_clear_loss else "not-clear"


def _class_shares_evened(labels: IntArray) -> FloatArray:
    """Weights of mean 1 under which every class that occurs has the same total, shape (n_samples,)."""
    _, group, counts = np.unique(labels, return_inverse=True, return_counts=True)
    weights: FloatArray = len(labels) / (len(counts) * counts[group])
    return weights


def _gain(differences: FloatArray) -> Gain:
    """With n - 1 in the error, so that one sample alone is never clear."""
    n = len(differences)
    error = float(differences.std(ddof=1) / np.sqrt(n)) if n > 1 else np.inf
    return Gain(value=float(differences.mean()), error=error)
