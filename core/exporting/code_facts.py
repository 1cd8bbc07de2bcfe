"""What ordinary code must know to be the same run; records only."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from core.backbones.records import ImagePreprocessing, TensorChoice, TextPreprocessing
from core.datasets.records import Modality
from core.training.spec import TrainingSpec


@dataclass(frozen=True, kw_only=True, slots=True)
class StageCode:
    """One stage of an image network.

    Attributes:
        name: its permanent name.
        expression: what makes it of the library's `network`.
    """

    name: str
    expression: str


@dataclass(frozen=True, kw_only=True, slots=True)
class NetworkCode:
    """How a backbone is written in the words of its library.

    Attributes:
        library: whose words.
        reference: the name the library knows it by.
        family: as in its row.
        options: further arguments of the library's call, from a comma on.
        weights_package: the installed package that holds the weights; empty for others.
        weights_package_file: the file in it, for images.
        weights_file: a file of weights of the person's own that must lie beside the code; empty for others.
        preprocessing: what the weights expect.
        stages: of an image network; of a text network names without expressions.
        layers: where a text network keeps its layers.
        parts: special parts that the expressions call.
        pooling: how the last activation becomes a vector: mean over a map's places (channels first, or "map-last"),
            the first of its "tokens", or "pooled" already.
        every_stage_pooling: an expression for `values` that leave any stage.
        n_features: width of the features.
        widths: of every stage's pooled output.
        pad_id: what fills a batch of texts up.
        has_dropout: whether it draws random numbers while it trains.
    """

    library: Literal["timm", "torchvision", "transformers"]
    reference: str
    family: str
    options: str
    weights_package: str
    weights_package_file: str
    weights_file: str
    preprocessing: ImagePreprocessing | TextPreprocessing
    stages: tuple[StageCode, ...]
    layers: str
    parts: frozenset[str]
    pooling: Literal["map", "map-last", "tokens", "pooled"]
    every_stage_pooling: str
    n_features: int
    widths: tuple[int, ...]
    pad_id: int
    has_dropout: bool


@dataclass(frozen=True, kw_only=True, slots=True)
class PhaseCode:
    """A phase of optimiser steps, as the run went through it.

    Attributes:
        name: what people read.
        trainable: stages that trained.
        n_planned: epochs at most, which the schedule of the rates is laid out for.
        n_run: epochs that were gone through.
        first_epoch: number of the first one in the whole run, which fixes the order of samples.
        stage_decay: factor on the rate per stage downwards.
        averages: whether mixtures with its start were tried.
        share: of the mixture that was kept; None where the best epoch was.
    """

    name: str
    trainable: tuple[str, ...]
    n_planned: int
    n_run: int
    first_epoch: int
    stage_decay: float
    averages: bool
    share: float | None


@dataclass(frozen=True, kw_only=True, slots=True)
class SplitNumbers:
    """The run's own numbers on a split: samples, accuracy and macro-F1 in [0, 1]."""

    split: str
    n: int
    accuracy: float
    macro_f1: float


@dataclass(frozen=True, kw_only=True, slots=True)
class CodeFacts:
    """One run.

    Attributes:
        run_id: the run.
        data_name: what the data are called; any characters.
        dataset_id: the version it learned from.
        data_file: name of the file that `export-data` writes for it.
        modality: "image" or "text".
        class_names: in label order; any characters.
        folders: of images, the folder of each class in that file.
        spec: the settings.
        strategy_title: as people write it.
        is_pretrained: whether it starts from pretrained weights.
        reads_every_stage: whether the head reads every stage.
        tensors: what of trainable stages trains.
        goal: what the steps of its phases make better.
        model_title: the backbone as people write it.
        network: the backbone.
        trained_stages: that train in any phase, in network order.
        cut: leading stages that are not computed again.
        cut_is_map: whether what passes the cut is a map (n, channels, height, width).
        phases: of optimiser steps; empty where only a head was fitted.
        strength: C of the head's solver; None where none fitted it.
        n_strengths: values of C that were tried.
        kept_head: whether the fitted head is shipped rather than what trained after it.
        gain_words: what that choice rests on.
        temperature: what scores are divided by.
        temperature_why: why it was left at 1; empty where it was fitted.
        offsets: one per class by which the run decides; empty where the most probable class does.
        frozen_bfloat16: whether frozen stages ran in bfloat16.
        trained_bfloat16: whether trainable stages did.
        lora_stages: stages that get adapters.
        lora_targets: names of the projections beside which these stand.
        needs_operators: whether this machine's torchvision loads only once the names of its operators are declared.
        packages: with their versions, as pip takes them.
        results: the run's numbers, split by split.
    """

    run_id: str
    data_name: str
    dataset_id: str
    data_file: str
    modality: Modality
    class_names: tuple[str, ...]
    folders: tuple[str, ...]
    spec: TrainingSpec
    strategy_title: str
    is_pretrained: bool
    reads_every_stage: bool
    tensors: TensorChoice
    goal: str
    model_title: str
    network: NetworkCode
    trained_stages: tuple[str, ...]
    cut: int
    cut_is_map: bool
    phases: tuple[PhaseCode, ...]
    strength: float | None
    n_strengths: int
    kept_head: bool
    gain_words: str
    temperature: float
    temperature_why: str
    offsets: tuple[float, ...]
    frozen_bfloat16: bool
    trained_bfloat16: bool
    lora_stages: tuple[str, ...]
    lora_targets: tuple[str, ...]
    needs_operators: bool
    packages: tuple[str, ...]
    results: tuple[SplitNumbers, ...]
