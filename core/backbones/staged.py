"""What every network becomes: ordered, named stages with exactly one tensor passing each border."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator

import torch
from torch import Tensor, nn
from torch.nn.modules.batchnorm import _BatchNorm

from core.backbones.freezing import require_stages
from core.backbones.networks.dropout import GeneratorSlot, seed_dropouts
from core.backbones.pooling import mean_over_positions, pool_image, pool_tokens
from core.backbones.records import BackboneRow, ImagePreprocessing, TensorChoice, TextPreprocessing
from core.backbones.tensor_choice import moving_tensors

PIXEL_MAX = 255.0

NamedStages = list[tuple[str, nn.Module]]


class StagedBackbone(nn.Module):
    """A backbone as the rest of the program knows it; `loaders.build_backbone` makes them.

    Images are pixels (n, 3, height, width), uint8, or float tensors that are normalised already. Texts are token ids
    (n, n_tokens), int64, padded on the right, with `mask` (n, n_tokens) true (or 1) where a token is valid; without a
    mask all are.

    Args:
        row: the catalogue row.
        stages: name and module of each stage, in the order data passes them.
        n_features: width of the pooled output.

    Attributes:
        stage_names: names in the order data passes them.
        frozen: names of the stages that are frozen now.
        train_batch_norm: whether BatchNorm in trainable stages updates its running statistics in training mode. Off,
            because the statistics of small batches are worse than the pretrained ones; on for training from scratch.
    """

    def __init__(self, row: BackboneRow, stages: NamedStages, n_features: int) -> None:
        super().__init__()
        self.row = row
        self.stage_names: tuple[str, ...] = tuple(name for name, _ in stages)
        self.n_features = n_features
        self.frozen: frozenset[str] = frozenset()
        self.train_batch_norm = False
        self.stages = nn.ModuleDict({_key(name): module for name, module in stages})
        self._slot = GeneratorSlot()
        seed_dropouts(self, self._slot)

    @property
    def generator(self) -> torch.Generator:
        """What all dropouts draw from; may be replaced, on any device."""
        return self._slot.generator

    @generator.setter
    def generator(self, generator: torch.Generator) -> None:
        self._slot.generator = generator

    def stage(self, name: str) -> nn.Module:
        """The stage of this name; raises UnknownChoiceError."""
        require_stages(self.stage_names, [name])
        return self.stages[_key(name)]

    def forward(self, values: Tensor, mask: Tensor | None = None) -> Tensor:
        """Pooled features in float32, shape (n, n_features)."""
        return self.pool(self.run_stages(values, mask), mask)

    def run_stages(
        self, values: Tensor, mask: Tensor | None = None, *, start: int = 0, stop: int | None = None
    ) -> Tensor:
        """The activation after stages [start, stop), counted in network order; `values` is what stage `start` takes."""
        values = self.normalise(values)
        for name in self.stage_names[start:stop]:
            stage = self.stages[_key(name)]
            values = stage(values, mask) if self.row.modality == "text" else stage(values)
        return values

    def each_stage(self, values: Tensor, mask: Tensor | None = None) -> Iterator[Tensor]:
        """What leaves every stage, in network order; `values` is what the first stage takes."""
        for number in range(len(self.stage_names)):
            values = self.run_stages(values, mask, start=number, stop=number + 1)
            yield values

    def normalise(self, values: Tensor) -> Tensor:
        """Pixels as the network was trained on them, float32; anything but pixels as it is."""
        preprocessing = self.row.preprocessing
        if values.dtype != torch.uint8 or not isinstance(preprocessing, ImagePreprocessing):
            return values
        mean, std = (
            torch.tensor(numbers, device=values.device).view(1, 3, 1, 1)
            for numbers in (preprocessing.mean, preprocessing.std)
        )
        return values.float() * (1 / (PIXEL_MAX * std)) - mean / std

    def pool(self, activation: Tensor, mask: Tensor | None = None) -> Tensor:
        """The last stage's activation as one float32 vector per sample, shape (n, n_features).

        Images: global average of a map, the class token of a vision transformer, or the activation itself where the
        last stage pools. Texts: as the row says, over the valid tokens.
        """
        if isinstance(self.row.preprocessing, TextPreprocessing):
            return pool_tokens(activation, mask, self.row.preprocessing)
        return pool_image(activation)

    def join(self, activations: Iterable[Tensor], mask: Tensor | None = None) -> Tensor:
        """What leaves every stage as one float32 vector per sample, shape (n, sum of the stages' widths).

        Positions are averaged; of the last stage it is what `pool` gives, so that whoever reads this reads all that is
        in the pooled features.

        Args:
            activations: one per stage, in network order.
            mask: as in `forward`.
        """
        parts = []
        for number, activation in enumerate(activations, start=1):
            is_last = number == len(self.stage_names)
            parts.append(self.pool(activation, mask) if is_last else mean_over_positions(activation, mask))
        return torch.cat(parts, dim=1)

    def apply_freeze(self, frozen: Collection[str], tensors: TensorChoice = "all") -> None:
        """Freezes these stages and no others: no gradient, and evaluation mode whatever `train` is told.

        Args:
            frozen: names of the stages.
            tensors: what of the others needs a gradient; what does not stays, though its stage is trained.

        Raises:
            UnknownChoiceError: the backbone has no stage of such a name.
        """
        require_stages(self.stage_names, frozen)
        self.frozen = frozenset(frozen)
        for name in self.stage_names:
            stage = self.stage(name)
            moving = frozenset[str]() if name in self.frozen else moving_tensors(stage, tensors)
            for parameter_name, parameter in stage.named_parameters():
                parameter.requires_grad_(parameter_name in moving)
        self.train(self.training)

    def train(self, mode: bool = True) -> StagedBackbone:
        """Sets training mode, except for frozen stages and (see `train_batch_norm`) BatchNorm statistics."""
        super().train(mode)
        for name in self.frozen:
            self.stages[_key(name)].eval()
        if not self.train_batch_norm:
            for module in self.modules():
                if isinstance(module, _BatchNorm):
                    module.eval()
        return self


def _key(name: str) -> str:
    return name.replace(".", "_")  # torch reserves the dot for nesting
