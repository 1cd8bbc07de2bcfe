"""What is known about a backbone without building it, and what freezing is: records only, no torch."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from core.datasets.records import Modality

WeightsSource = Literal["bundled", "torchvision", "timm", "transformers"]
WeightsStatus = Literal["bundled", "cached", "download"]
Pooling = Literal["mean", "first", "last"]

TensorChoice = Literal["all", "norms-and-biases", "low-rank"]
"""What trains in a stage that trains: all its tensors, only biases and the scale and shift of normalisations, or only
what low-rank adapters add to the projections of attention."""

FeatureChoice = Literal["last-stage", "every-stage"]
"""What a head reads: the pooled output of the last stage, or that of every stage, joined."""

Configuration = Mapping[str, object]
"""Fields of a text network's `config.json` by their names there; what is not given has the library's default."""


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
    """How a text becomes token ids, by the row's own tokenizer, and how those become one vector.

    Attributes:
        max_tokens: where token ids are cut, special tokens included.
        pooling: which valid tokens of the last layer count: their "mean", the "first" (class token) or the "last".
        unit_length: whether the pooled vector is scaled to length 1, as sentence encoders were trained.
        prefix: what stands before every text, because the network was trained so.
    """

    max_tokens: int
    pooling: Pooling = "mean"
    unit_length: bool = False
    prefix: str = ""


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
        fixed_size: whether images must be exactly `preprocessing.size_px` wide, because position embeddings or
            windows were trained for that size; ignored for texts.
        min_size_px: smallest image side the network can take; ignored for texts.
        base: id of the row whose network this is, where the weights come from a person's own file; else None.
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
    fixed_size: bool = False
    min_size_px: int = 32
    base: str | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class WeightsFit:
    """What of a person's file fits the network of a row.

    Attributes:
        base: id of the row.
        n_needed: tensors in the row's stages; the source head is not needed.
        n_fitted: how many of these the file gives in the right shape.
        missing: names of those it does not give.
        wrong_shape: those it gives in another shape, each with both shapes.
        unexpected: names in the file that the network has no use for, such as another head.
    """

    base: str
    n_needed: int
    n_fitted: int
    missing: tuple[str, ...]
    wrong_shape: tuple[str, ...]
    unexpected: tuple[str, ...]

    @property
    def is_complete(self) -> bool:
        """Whether the stages can be built from the file alone."""
        return not self.missing and not self.wrong_shape


@dataclass(frozen=True, kw_only=True, slots=True)
class OwnWeights:
    """A person's file of weights, taken in.

    Attributes:
        id: made from its content, usable as a backbone's id ("own:1a2b3c4d").
        base: id of the row whose network they are for.
        file_name: what the person called it; only ever shown.
        size_mb: what it takes in the workspace, megabytes (10^6 bytes).
        n_fitted: tensors that fitted the network's stages: all of them.
        n_left_out: tensors of the file that were not used, such as another head.
        run_id: the run that made them, here or elsewhere; empty for a file.
    """

    id: str
    base: str
    file_name: str
    size_mb: int
    n_fitted: int
    n_left_out: int
    run_id: str = ""


@dataclass(frozen=True, kw_only=True, slots=True)
class StageInfo:
    """One stage, measured from the network.

    Attributes:
        name: its permanent name ("layer3", "blocks.5", "embeddings").
        n_parameters: number of parameters in it.
        share_of_cost: its share of the backbone's forward pass, in [0, 1]; all stages sum to 1.
        n_norms_and_biases: how many of its parameters are biases, or scale or shift of a normalisation.
        n_low_rank: numbers that train where low-rank adapters stand beside its projections; 0 where it has none.
        width: numbers per sample that are left of its output when positions are averaged.
    """

    name: str
    n_parameters: int
    share_of_cost: float
    n_norms_and_biases: int = 0
    n_low_rank: int = 0
    width: int = 0

    def n_trained(self, tensors: TensorChoice) -> int:
        """Numbers that train where the stage does."""
        if tensors == "low-rank":
            return self.n_low_rank
        return self.n_norms_and_biases if tensors == "norms-and-biases" else self.n_parameters


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

    def n_read(self, features: FeatureChoice) -> int:
        """Numbers per sample that the head reads."""
        return sum(self.stage_widths) if features == "every-stage" else self.n_features

    @property
    def stage_widths(self) -> tuple[int, ...]:
        """Numbers per sample of every stage's pooled output, in network order."""
        return tuple(stage.width for stage in self.stages)


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
        n_tensors: parameters and buffers that do not train: those of frozen stages, and where a stage trains in part
            those that are left out.
        n_changed: how many of them differ after training; anything but 0 is a fault.
        movement: per trained stage (and "head") how far what trains in it moved:
            norm of the difference over norm of the start, 0 = not at all.
    """

    n_tensors: int
    n_changed: int
    movement: tuple[tuple[str, float], ...]
