"""The strategies: each a few words for people and a list of phases."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Literal

from core.backbones.records import BackboneInfo, FeatureChoice, TensorChoice
from core.datasets.records import Modality
from core.errors import ConfigurationError, UnknownChoiceError
from core.training.spec import TrainingSpec

HeadStart = Literal["solver", "random", "previous"]
Goal = Literal["classes", "contrast"]
N_FIRST_STAGES = 2
"""The stem and the first block: where images that look different are brought nearer to photographs."""

UNFREEZING_DECAY = 1 / 2.6
"""Each stage learns this much slower than the one above it while unfreezing gradually (Howard and Ruder 2018)."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Phase:
    """One stretch of a training.

    Attributes:
        name: what people read.
        head_start: "solver" fits the head to the features by L-BFGS and trains nothing else; "random" begins with a
            fresh head; "previous" goes on with the head of the phase before.
        trainable_stages: stages of the backbone that train, in network order; none under a solver.
        tensors: what of these stages trains; the rest of them is as frozen as the other stages.
        goal: what its steps make better: "classes", the scores of the head; "contrast", that samples of one class lie
            near each other and far from others, to which the head is fitted anew after every epoch.
        n_epochs: epochs at most; 0 under a solver, which ends when it has converged.
        stage_decay: factor on the learning rate per stage downwards from the last one.
        averages: whether, at the end, mixtures of the weights it began and ended with are tried, and the middle of
            those tied with the best is kept: often better than either end (Wortsman et al. 2022, WiSE-FT), and it
            costs validation only.
    """

    name: str
    head_start: HeadStart
    trainable_stages: tuple[str, ...] = ()
    tensors: TensorChoice = "all"
    goal: Goal = "classes"
    n_epochs: int = 0
    stage_decay: float = 1.0
    averages: bool = False

    @property
    def is_solved(self) -> bool:
        """Whether a convex solver runs instead of steps of an optimiser."""
        return self.head_start == "solver"

    def stage_rates(self, learning_rate: float) -> dict[str, float]:
        """By the name of each stage that trains, from the last one down, its full rate, where the last has this one."""
        return {
            name: learning_rate * self.stage_decay**depth for depth, name in enumerate(reversed(self.trainable_stages))
        }


@dataclass(frozen=True, kw_only=True, slots=True)
class Strategy:
    """One row.

    Attributes:
        id: permanent.
        title: what people read.
        sentence: what it does and when to take it.
        freezes: "all" stages always, the "later" ones always, "some" that the person chooses, or "none".
        pretrained: whether it starts from the pretrained weights.
        phases: from the settings and the stages left trainable (network order) to the phases.
        tensors: what trains in these stages, in all phases.
        features: what the head reads.
        modality: what it is for; None: images and texts.
        idle_settings: names of the settings that act on steps, but on none of its own.
    """

    id: str
    title: str
    sentence: str
    freezes: Literal["all", "later", "some", "none"]
    pretrained: bool
    phases: Callable[[TrainingSpec, tuple[str, ...]], tuple[Phase, ...]]
    tensors: TensorChoice = "all"
    features: FeatureChoice = "last-stage"
    modality: Modality | None = None
    idle_settings: tuple[str, ...] = ()


FIT_HEAD = Phase(name="Fit the head", head_start="solver")
FIT_HEAD_TO_ALL = Phase(name="Fit the head to all stages", head_start="solver")


def _only_head(_: TrainingSpec, __: tuple[str, ...]) -> tuple[Phase, ...]:
    return (FIT_HEAD,)


def _only_head_on_all(_: TrainingSpec, __: tuple[str, ...]) -> tuple[Phase, ...]:
    return (FIT_HEAD_TO_ALL,)


def _head_then_stages(spec: TrainingSpec, trainable: tuple[str, ...]) -> tuple[Phase, ...]:
    tune = Phase(
        name="Fine-tune",
        head_start="previous",
        trainable_stages=trainable,
        n_epochs=spec.epochs,
        stage_decay=spec.layer_decay,
        averages=True,
    )
    return (FIT_HEAD, tune)


def _head_then_contrast(spec: TrainingSpec, trainable: tuple[str, ...]) -> tuple[Phase, ...]:
    contrast = Phase(
        name="Pull classes together",
        head_start="previous",
        trainable_stages=trainable,
        goal="contrast",
        n_epochs=spec.epochs,
        stage_decay=spec.layer_decay,
        averages=True,
    )
    return (FIT_HEAD, contrast)


def _stage_by_stage(spec: TrainingSpec, trainable: tuple[str, ...]) -> tuple[Phase, ...]:
    n_open = range(1, len(trainable) + 1)
    shares = [spec.epochs * k // len(trainable) - spec.epochs * (k - 1) // len(trainable) for k in n_open]
    steps = [
        Phase(
            name=f"Unfreeze {trainable[-k]}",
            head_start="previous",
            trainable_stages=trainable[-k:],
            n_epochs=max(1, share),
            stage_decay=UNFREEZING_DECAY * spec.layer_decay,
        )
        for k, share in zip(n_open, shares, strict=True)
    ]
    return (FIT_HEAD, *steps)


def _everything(name: str) -> Callable[[TrainingSpec, tuple[str, ...]], tuple[Phase, ...]]:
    def phases(spec: TrainingSpec, trainable: tuple[str, ...]) -> tuple[Phase, ...]:
        everything = Phase(
            name=name,
            head_start="random",
            trainable_stages=trainable,
            n_epochs=spec.epochs,
            stage_decay=spec.layer_decay,
        )
        return (everything,)

    return phases


STRATEGIES: tuple[Strategy, ...] = (
    Strategy(
        id="feature-extraction",
        title="Feature extraction",
        sentence="The whole backbone stays frozen and passes each sample once; only the head is fitted. "
        "Seconds, and hard to beat with few samples.",
        freezes="all",
        pretrained=True,
        phases=_only_head,
    ),
    Strategy(
        id="multi-stage-probe",
        title="Head on all stages",
        sentence="As before, but the head reads what every stage sees, not only the last one: edges and textures "
        "besides objects. For images or texts unlike those of the pretraining; the head is larger and fitted slower.",
        freezes="all",
        pretrained=True,
        phases=_only_head_on_all,
        features="every-stage",
    ),
    Strategy(
        id="head-then-fine-tune",
        title="Head, then fine-tune",
        sentence="First the head is fitted to the frozen features, then the last stages are trained gently from there. "
        "The best of both, or of a mixture of their weights, is kept.",
        freezes="some",
        pretrained=True,
        phases=_head_then_stages,
    ),
    Strategy(
        id="contrastive",
        title="Contrastive tuning",
        sentence="The head is fitted, then the stages left on learn which texts are of one class and which are not, "
        "and the head is fitted to that anew. For texts with few samples in each class: of pairs there are far more.",
        freezes="some",
        pretrained=True,
        phases=_head_then_contrast,
        modality="text",
        idle_settings=("head_learning_rate", "label_smoothing", "mixup", "head_dropout"),
    ),
    Strategy(
        id="gradual-unfreezing",
        title="Gradual unfreezing",
        sentence="As before, but the stages are opened one after another from the top, lower ones with smaller steps.",
        freezes="some",
        pretrained=True,
        phases=_stage_by_stage,
    ),
    Strategy(
        id="norms-and-biases",
        title="Norms and biases only",
        sentence="The head is fitted, then of the stages left on only biases and the scale and shift of normalisations "
        "train: about a hundredth of the weights, hard to overfit with few samples. No faster than training "
        "whole stages, and behind it where samples are many.",
        freezes="some",
        pretrained=True,
        phases=_head_then_stages,
        tensors="norms-and-biases",
    ),
    Strategy(
        id="lora",
        title="Low-rank adapters (LoRA)",
        sentence="The head is fitted, then narrow adapters beside the queries and values of the stages left on train "
        "and are merged into the weights at the end. For large transformers on a GPU whose memory whole stages would "
        "overfill; no faster than training these.",
        freezes="some",
        pretrained=True,
        phases=_head_then_stages,
        tensors="low-rank",
    ),
    Strategy(
        id="first-stages",
        title="First stages",
        sentence="The head is fitted, then only the stem and the first block train. For images that look different "
        "from photographs: blur, another sensor, other colours. Slow, because nothing below is done once for all.",
        freezes="later",
        pretrained=True,
        phases=_head_then_stages,
    ),
    Strategy(
        id="full-fine-tuning",
        title="Full fine-tuning",
        sentence="Every stage trains from the pretrained weights with a fresh head. "
        "Slow; for thousands of samples unlike the pretraining data.",
        freezes="none",
        pretrained=True,
        phases=_everything("Fine-tune everything"),
    ),
    Strategy(
        id="from-scratch",
        title="From scratch",
        sentence="The same network with random weights: the comparison that shows what transfer buys.",
        freezes="none",
        pretrained=False,
        phases=_everything("Train from scratch"),
    ),
)


def list_strategies() -> tuple[Strategy, ...]:
    """All rows, from the fastest to the slowest."""
    return STRATEGIES


def get_strategy(strategy_id: str) -> Strategy:
    """The row of an id; raises UnknownChoiceError with the nearest name where there is none."""
    for strategy in STRATEGIES:
        if strategy.id == strategy_id:
            return strategy
    raise UnknownChoiceError("strategy", strategy_id, (strategy.id for strategy in STRATEGIES))


def resolve_frozen(
    strategy: Strategy, stage_names: tuple[str, ...], wanted: tuple[str, ...] | None, default: tuple[str, ...]
) -> tuple[str, ...]:
    """The stages a run keeps frozen, in network order.

    Args:
        strategy: decides whether there is a choice.
        stage_names: all stages, in network order.
        wanted: what the person asked to freeze; None where nothing was said.
        default: what is suggested where nothing was said.

    Raises:
        ConfigurationError: the wish contradicts the strategy.
    """
    if strategy.freezes == "all":
        return stage_names
    if strategy.freezes == "later":
        later = stage_names[N_FIRST_STAGES:]
        if wanted is not None and set(wanted) != set(later):
            raise ConfigurationError(
                f'"{strategy.title}" trains {" and ".join(stage_names[:N_FIRST_STAGES])} and freezes all others, but '
                f"{len(wanted)} of {len(stage_names)} stages were to be frozen.",
                'Say nothing about stages, or choose the strategy "head-then-fine-tune".',
            )
        return later
    if strategy.freezes == "none":
        if wanted:
            raise ConfigurationError(
                f'"{strategy.title}" trains every stage, but {len(wanted)} of them were to be frozen.',
                'Freeze nothing, or choose the strategy "head-then-fine-tune".',
            )
        return ()
    frozen = tuple(name for name in stage_names if name in (default if wanted is None else wanted))
    if len(frozen) == len(stage_names):
        raise ConfigurationError(
            f'"{strategy.title}" trains at least one stage, but all {len(stage_names)} were to be frozen.',
            'Leave the last stage trainable, or choose the strategy "feature-extraction".',
        )
    return frozen


def build_phases(spec: TrainingSpec, stage_names: tuple[str, ...]) -> tuple[Phase, ...]:
    """The phases of a run, from its settings and the backbone's stages in network order."""
    trainable = tuple(name for name in stage_names if name not in spec.frozen_stages)
    strategy = get_strategy(spec.strategy)
    return tuple(replace(phase, tensors=strategy.tensors) for phase in strategy.phases(spec, trainable))


def offered_strategies(info: BackboneInfo) -> tuple[Strategy, ...]:
    """The rows that are for what a backbone takes and have something to train in it: adapters need an attention."""
    return tuple(
        row
        for row in STRATEGIES
        if row.modality in (None, info.row.modality) and any(stage.n_trained(row.tensors) for stage in info.stages)
    )
