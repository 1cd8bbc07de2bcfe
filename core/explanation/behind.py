"""What a classifier makes of the activation that leaves one of its stages, as a network of its own."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import torch
from torch import Tensor, nn

from core.explanation.heads import Head
from core.training.classifier import Classifier


class BehindStage(nn.Module):
    """Activations of a stage in, log-odds out, so that gradients are taken with respect to those.

    Args:
        classifier: the model, in evaluation mode.
        activations: what leaves every stage for one sample, in network order.
        number: of the stage whose activation comes in.
        mask: of texts, shape (1, n_tokens).
        restore: what comes in as the next stage wants it.
        is_direct: of a head that reads every stage: only what it reads of this one follows what comes in.

    Attributes:
        head: what scores the features; may be replaced.
        label: the class that is scored.
        tap: passes what comes in on, for a library that asks for a layer to look at.
    """

    def __init__(
        self,
        classifier: Classifier,
        activations: Sequence[Tensor],
        number: int,
        *,
        head: Head,
        label: int,
        mask: Tensor | None = None,
        restore: Callable[[Tensor], Tensor] = lambda values: values,
        is_direct: bool = False,
    ) -> None:
        super().__init__()
        self.tap = nn.Identity()
        self.head = head
        self.label = label
        self._owner = (classifier,)  # in a tuple torch does not see it, and adds no second name for its tensors
        self._before = activations[:number]
        self._behind = activations[number + 1 :] if is_direct else None
        self._number = number
        self._mask = mask
        self._restore = restore

    def forward(self, values: Tensor) -> Tensor:
        """Log-odds of the class, shape (n,), from n versions of the activation."""
        values = self._restore(self.tap(values))
        return self.head.log_odds(self._features(values), self.label)

    def _features(self, values: Tensor) -> Tensor:
        (classifier,), mask = self._owner, _repeated(self._mask, len(values))
        backbone, behind = classifier.backbone, self._number + 1
        if not classifier.stage_widths:
            return backbone.pool(backbone.run_stages(values, mask, start=behind), mask)
        before, later = ([_repeat(one, len(values)) for one in some] for some in (self._before, self._behind or ()))
        if self._behind is None:
            later, passing = [], values
            for number in range(behind, len(backbone.stage_names)):
                passing = backbone.run_stages(passing, mask, start=number, stop=number + 1)
                later.append(passing)
        return backbone.join([*before, values, *later], mask)


def activations_of(classifier: Classifier, values: Tensor, mask: Tensor | None = None) -> tuple[Tensor, ...]:
    """What leaves every stage, without gradients but open to them, unlike what inference mode gives."""
    with torch.no_grad():
        return tuple(classifier.backbone.each_stage(values, mask))


def _repeated(tensor: Tensor | None, n: int) -> Tensor | None:
    return None if tensor is None else _repeat(tensor, n)


def _repeat(tensor: Tensor, n: int) -> Tensor:
    return tensor.expand(n, *tensor.shape[1:])
