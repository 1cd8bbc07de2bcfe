"""A backbone with its new head."""

from __future__ import annotations

from collections.abc import Collection, Mapping

import torch
from torch import nn

from core.arrays import FloatArray
from core.backbones.freezing import HEAD
from core.backbones.records import FeatureChoice
from core.backbones.staged import StagedBackbone


class Classifier(nn.Module):
    """A staged backbone and the linear layer that turns its features into one score per class.

    Args:
        backbone: the network without its last layer.
        n_classes: width of the new last layer.
        stage_widths: numbers per sample of every stage's pooled output, where the head reads all of them, joined;
            empty: it reads the pooled output of the last stage.
        seed: fixes the head's random start.

    Attributes:
        stage_widths: as given.
        head_dropout: share of the pooled features left out in training mode, drawn from the backbone's generator.
    """

    def __init__(
        self, backbone: StagedBackbone, n_classes: int, *, stage_widths: tuple[int, ...] = (), seed: int = 0
    ) -> None:
        super().__init__()
        self.backbone = backbone
        self.stage_widths = stage_widths
        self.head = nn.Linear(sum(stage_widths) or backbone.n_features, n_classes)
        self.head_dropout = 0.0
        self.reset_head(seed)

    @property
    def features(self) -> FeatureChoice:
        """What the head reads."""
        return "every-stage" if self.stage_widths else "last-stage"

    def forward(self, values: torch.Tensor, mask: torch.Tensor | None = None, *, start: int = 0) -> torch.Tensor:
        """Logits, shape (n_samples, n_classes), from what enters stage number `start`.

        After the last stage come the features: with `start` at the number of stages, `values` are those.

        Raises:
            ValueError: the head reads every stage, and some of them lie before `start`.
        """
        logits: torch.Tensor = self.head(self._drop(self.read(values, mask, start=start)))
        return logits

    def read(self, values: torch.Tensor, mask: torch.Tensor | None = None, *, start: int = 0) -> torch.Tensor:
        """The features that the head reads, shape (n_samples, n_features), from what enters stage number `start`.

        Raises:
            ValueError: as above.
        """
        if start == len(self.backbone.stage_names):
            return values
        if not self.stage_widths:
            return self.backbone.pool(self.backbone.run_stages(values, mask, start=start), mask)
        if start:
            raise ValueError("a head that reads every stage needs the samples themselves")
        return self.backbone.join(self.backbone.each_stage(values, mask), mask)

    def _drop(self, pooled: torch.Tensor) -> torch.Tensor:
        if not (self.training and self.head_dropout):
            return pooled
        draws = torch.rand(pooled.shape, generator=self.backbone.generator, device=pooled.device)
        return pooled * (draws >= self.head_dropout) / (1 - self.head_dropout)

    def reset_head(self, seed: int) -> None:
        """A fresh head: small random weights from `seed`, zero biases."""
        generator = torch.Generator().manual_seed(seed)
        with torch.no_grad():
            weight = torch.randn(self.head.weight.shape, generator=generator) * self.head.in_features**-0.5
            self.head.weight.copy_(weight)
            self.head.bias.zero_()

    def set_head(self, weight: FloatArray, bias: FloatArray) -> None:
        """Write a fitted probe into the head; weight (n_classes, n_features), bias (n_classes,)."""
        with torch.no_grad():
            self.head.weight.copy_(torch.as_tensor(weight))
            self.head.bias.copy_(torch.as_tensor(bias))

    def tensors(
        self, stages: Collection[str], moving: Mapping[str, Collection[str]] | None = None
    ) -> dict[str, torch.Tensor]:
        """The head's tensors and those (buffers included) of the named stages, by stable names; not copied.

        Args:
            stages: names of the stages.
            moving: by the name of a stage, those of its tensors that are wanted; None: all of every stage.
        """
        found = {f"{HEAD}.{name}": tensor for name, tensor in self.head.state_dict().items()}
        for stage in stages:
            state = self.backbone.stage(stage).state_dict()
            wanted = state if moving is None else moving[stage]
            found |= {f"stage.{stage}/{name}": tensor for name, tensor in state.items() if name in wanted}
        return found

    def load_tensors(self, tensors: dict[str, torch.Tensor]) -> None:
        """Copy in what `tensors` gave; raises KeyError for a name this network does not have."""
        own = self.tensors(self.backbone.stage_names)
        with torch.no_grad():
            for name, tensor in tensors.items():
                own[name].copy_(tensor)
