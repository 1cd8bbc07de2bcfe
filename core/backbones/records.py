"""What is known about a backbone without building it, and what freezing is: records only, no torch."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from core.datasets.records import Modality

WeightsSource = Literal["bundled", "torchvision", "timm", "transformers"]
WeightsStatus = Literal["bundled", "cached", "download"]


@dataclass(frozen=True, kw_only=True, slots=True)
class ImagePreprocessing:
    """How a decoded RGB image becomes the network's input.

    The centre square of the image (the whole short side) is resized to `size_px` x `size_px`, scaled to [0, 1],
    then `(x - mean) / std` per channel.

    Attributes:
        size_px: side of the square input, pixels.
        mean: per RGB channel, in units of [0, 1].
        std: per RGB channel, in units of [0, 1].
    """

    size_px: int
    mean: tuple[float, float, float]
    std: tuple[float, float, float]


@dataclass(frozen=True, kw_only=True, slots=True)
class TextPreprocessing:
    """How a text becomes token ids: the row's own tokenizer, cut at `max_tokens` (special tokens included)."""

    max_tokens: int


@dataclass(frozen=True, kw_only=True, slots=True)
class BackboneRow:
    """One row of the catalogue.

    Attributes:
        id: permanent; stored in runs and used on the command line.
        title: how people write the name.
        modality: "image" or "text".
        family: which stage adapter applies ("efficientnet", "resnet", "vgg", "mobilenetv3", "densenet", "bert", ...).
        source: where network and weights come from.
        reference: the name the source knows it by ("resnet18", "bert-base-uncased").
        licence: licence of the pretrained weights, as their publisher states it.
        download_mb: size of the weights in megabytes (10^6 bytes).
        preprocessing: what the weights expect.
        probe_friendly: whether its frozen features are known to do well under a linear probe.
        advice: one honest sentence on when to take it.
    """

    id: str
    title: str
    modality: Modality
    family: str
    source: WeightsSource
    reference: str
    licence: str
    download_mb: int
    preprocessing: ImagePreprocessing | TextPreprocessing
    probe_friendly: bool
    advice: str


@dataclass(frozen=True, kw_only=True, slots=True)
class StageInfo:
    """One stage, measured from the network.

    Attributes:
        name: its permanent name ("layer3", "blocks.5", "embeddings").
        n_parameters: number of parameters in it.
        share_of_cost: its share of the backbone's forward pass, in [0, 1]; all stages sum to 1.
    """

    name: str
    n_parameters: int
    share_of_cost: float


@dataclass(frozen=True, kw_only=True, slots=True)
class BackboneInfo:
    """A row with what measuring its network adds.

    Attributes:
        row: the catalogue row.
        stages: in the order data passes them.
        n_features: width of the pooled output the head sees.
        weights: "bundled", "cached" (on this machine) or "download".
    """

    row: BackboneRow
    stages: tuple[StageInfo, ...]
    n_features: int
    weights: WeightsStatus

    @property
    def n_parameters(self) -> int:
        """Parameters of the whole backbone, without a head."""
        return sum(stage.n_parameters for stage in self.stages)

    @property
    def stage_names(self) -> tuple[str, ...]:
        """Names in the order data passes them."""
        return tuple(stage.name for stage in self.stages)


@dataclass(frozen=True, kw_only=True, slots=True)
class ParameterCount:
    """How much of a network trains, head included."""

    total: int
    trainable: int

    @property
    def trainable_share(self) -> float:
        """Trainable of total, in [0, 1]."""
        return self.trainable / self.total if self.total else 0.0


@dataclass(frozen=True, kw_only=True, slots=True)
class FreezeProof:
    """What the hashes of all tensors before and after training say.

    Attributes:
        n_tensors: parameters and buffers in frozen stages.
        n_changed: how many of them differ after training; anything but 0 is a fault.
        movement: per trained stage (and "head") how far its weights moved:
            norm of the difference over norm of the start, 0 = not at all.
    """

    n_tensors: int
    n_changed: int
    movement: tuple[tuple[str, float], ...]
