"""What to try first on given data, and why: rules over sample counts, classes, image sizes and the device."""

from __future__ import annotations

from dataclasses import dataclass
from math import ceil

from core.backbones.records import BackboneInfo, ImagePreprocessing
from core.datasets.records import Modality
from core.training.strategies import get_strategy

FINE_TUNING_MIN_TRAIN = 1_000
FINE_TUNING_MIN_PER_CLASS = 10
FINE_TUNING_MAX_TRAIN: dict[Modality, int] = {"image": 10_000, "text": 50_000}
"""On a processor; with more, the steps that help take too long to be anybody's first try."""

TRAINED_COST_SHARE = {"image": 0.6, "text": 0.34}
"""How much of the forward pass may lie in trainable stages on a processor: what an epoch costs."""

SMALL_IMAGE_PX = 112
SMALL_IMAGE_TARGET_PX = 160

FINER_SCALE = 1.28 / 0.875
FINER_STEP_PX = 32
FINER_MAX_TRAIN = 5_000
"""Networks learn from random crops, in which things look larger than in whole images. Features fit best where a test
image is enlarged by about 1.28 (Touvron et al. 2019, FixRes, 224 to 288 px with a centre crop of 0.875); here the whole
square is seen, so that the same enlargement takes 1.28 / 0.875 = 1.46 times the side, less what the stride of the
networks leaves over. The pass takes twice as long, so only few images are seen that finely."""

IMBALANCE_RATIO = 3.0
MIN_STEPS, MAX_STEPS = 200, {"image": 600, "text": 1_000}
MIN_EPOCHS, EPOCHS_WITH_FEW_SAMPLES = 2, 10
"""Adaptation is a matter of steps rather than epochs: some hundreds reach nearly the final accuracy."""

FINE_TUNING_SMOOTHING = 0.1
FULL_LAYER_DECAY = 0.9
PART_RATES = {
    "norms-and-biases": (1e-3, "Biases and scales bear larger steps than whole matrices."),
    "lora": (1e-3, "Adapters start from nothing and bear larger steps than pretrained weights."),
}

CONTRAST_MIN_PER_CLASS, CONTRAST_MAX_PER_CLASS = 8, 12
CONTRAST_MIN_TRAIN = 200
CONTRAST_EPOCHS, CONTRAST_BATCH_SIZE, CONTRAST_RATE = 8, 64, 2e-4
"""Where contrastive tuning of a sentence encoder was measured to beat the fitted head (MiniLM on BANKING77), and with
what: fewer in all leave too few validation samples to tell, and at 17 of each class no gain was clear."""

VIEWS = ((5_000, 3), (20_000, 2))
"""Below so many training images, so many views of each; with more images there is variety enough."""


@dataclass(frozen=True, kw_only=True, slots=True)
class DataFacts:
    """What the rules look at.

    Attributes:
        modality: "image" or "text".
        n_train: training samples.
        n_classes: classes.
        min_per_class: training samples of the smallest class.
        max_per_class: training samples of the largest class.
        median_side_px: median of the images' shorter sides, pixels; None for texts.
    """

    modality: Modality
    n_train: int
    n_classes: int
    min_per_class: int
    max_per_class: int
    median_side_px: int | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class Suggestion:
    """A starting point.

    Attributes:
        strategy: id of the suggested strategy.
        strategy_reason: why this one, a sentence.
        frozen_stages: stages to keep frozen where the strategy leaves a choice, in network order.
        settings: (name, value) of every setting that differs from its default, or about which the data say something.
        reasons: one sentence for each of these, in the same order.
    """

    strategy: str
    strategy_reason: str
    frozen_stages: tuple[str, ...]
    settings: tuple[tuple[str, int | float | str], ...]
    reasons: tuple[str, ...]

    def reason_of(self, setting: str) -> str | None:
        """Why a setting has its value; None where it is left at its default."""
        return next((why for (name, _), why in zip(self.settings, self.reasons, strict=True) if name == setting), None)


def suggest(facts: DataFacts, info: BackboneInfo, device: str, *, strategy: str | None = None) -> Suggestion:
    """The suggestion for one backbone on one dataset.

    Args:
        facts: the data.
        info: the backbone, measured.
        device: "cpu", "cuda" or "mps".
        strategy: the strategy a person has chosen already; None to suggest one.
    """
    suggested, reason = _strategy(facts, info, device)
    chosen = strategy or suggested
    if strategy and strategy != suggested:
        reason = f'Chosen by you; "{get_strategy(suggested).title}" would be suggested. {reason}'
    settings = [
        *_image_size(facts, info, chosen),
        *_imbalance(facts),
        *_steps(facts, chosen),
        *_rates(facts, chosen),
        *_decay(chosen),
        *_smoothing(facts, chosen),
        *_patience(chosen),
        *_views(facts, chosen),
        *_mirroring(facts),
    ]
    return Suggestion(
        strategy=chosen,
        strategy_reason=reason,
        frozen_stages=_frozen(facts, info, device),
        settings=tuple((name, value) for name, value, _ in settings),
        reasons=tuple(why for _, _, why in settings),
    )


_Row = tuple[str, int | float | str, str]


def _strategy(facts: DataFacts, info: BackboneInfo, device: str) -> tuple[str, str]:
    counts = f"{facts.n_train:,} training samples in {facts.n_classes} classes, {facts.min_per_class} in the smallest"
    if device == "cpu" and facts.n_train > FINE_TUNING_MAX_TRAIN[facts.modality]:
        why = f"{counts}: fine-tuning so many takes long on a processor, the fitted head a minute or two."
        return "feature-extraction", why
    if _asks_for_contrast(facts, info):
        return "contrastive", f"{counts}: {_why_contrast(facts, info)}"
    enough = facts.n_train >= FINE_TUNING_MIN_TRAIN or device == "cuda"
    if enough and facts.min_per_class >= FINE_TUNING_MIN_PER_CLASS:
        return "head-then-fine-tune", f"{counts}: enough to improve the last stages after the head is fitted."
    return "feature-extraction", f"{counts}: with so few, a fitted head on frozen features is hard to beat and instant."


def _asks_for_contrast(facts: DataFacts, info: BackboneInfo) -> bool:
    """Texts for a sentence encoder, some of each class and not many of any."""
    return (
        facts.modality == "text"
        and info.row.probe_friendly
        and facts.n_train >= CONTRAST_MIN_TRAIN
        and facts.min_per_class >= CONTRAST_MIN_PER_CLASS
        and facts.n_train <= CONTRAST_MAX_PER_CLASS * facts.n_classes
    )


def _why_contrast(facts: DataFacts, info: BackboneInfo) -> str:
    return (
        f"about {facts.n_train / facts.n_classes:.0f} texts of a class are few labels for a head, but make many pairs, "
        f"and telling pairs of one class from pairs of two moves {info.row.title} towards these classes. On 8 to 10 "
        "texts in each of 77 classes that brought 1 to 2 points over the fitted head. Few validation texts do not "
        "always show it: where it is not clear here, that head is kept."
    )


def _frozen(facts: DataFacts, info: BackboneInfo, device: str) -> tuple[str, ...]:
    """From the input on, until what is left costs at most the allowed share; the last stage always trains."""
    if device == "cuda" and facts.modality == "image":
        return ()
    left = 1.0
    frozen = []
    for stage in info.stages[:-1]:
        if left <= TRAINED_COST_SHARE[facts.modality] + 1e-9:
            break
        frozen.append(stage.name)
        left -= stage.share_of_cost
    return tuple(frozen)


def _image_size(facts: DataFacts, info: BackboneInfo, strategy: str) -> list[_Row]:
    if facts.median_side_px is None or not isinstance(info.row.preprocessing, ImagePreprocessing):
        return []
    expected = info.row.preprocessing.size_px
    if info.row.fixed_size:
        return [("image_size_px", expected, f"{info.row.title} takes images of {expected} px only.")]
    if facts.median_side_px <= SMALL_IMAGE_PX and expected > SMALL_IMAGE_TARGET_PX:
        why = f"The images are small ({facts.median_side_px} px): more than {SMALL_IMAGE_TARGET_PX} px adds no detail."
        return [("image_size_px", SMALL_IMAGE_TARGET_PX, why)]
    finer = min(int(FINER_SCALE * expected), facts.median_side_px) // FINER_STEP_PX * FINER_STEP_PX
    if not _takes_steps(strategy) and facts.n_train < FINER_MAX_TRAIN and finer > expected:
        why = (
            f"{info.row.title} learned from crops, in which things look larger than in whole images: {finer} px "
            f"instead of {expected} px make up for that, and so few images still pass in seconds."
        )
        return [("image_size_px", finer, why)]
    return [("image_size_px", expected, f"{info.row.title} was pretrained at {expected} px.")]


def _imbalance(facts: DataFacts) -> list[_Row]:
    ratio = facts.max_per_class / max(1, facts.min_per_class)
    if ratio < IMBALANCE_RATIO:
        return []
    why = f"The largest class has {ratio:.0f} times the samples of the smallest."
    return [("class_weights", "balanced", why)]


def _steps(facts: DataFacts, strategy: str) -> list[_Row]:
    if not _takes_steps(strategy):
        return []
    if strategy == "contrastive":
        return _steps_of_contrast(facts)
    batch_size = 32 if facts.n_train >= 200 else 16
    per_epoch = ceil(facts.n_train / batch_size)
    wanted = min(MAX_STEPS[facts.modality], max(MIN_STEPS, EPOCHS_WITH_FEW_SAMPLES * per_epoch))
    epochs = max(MIN_EPOCHS, ceil(wanted / per_epoch))
    why = (
        f"{per_epoch} steps of {batch_size} samples make an epoch; about {epochs * per_epoch:,} steps suffice to adapt."
    )
    return [("batch_size", batch_size, why), ("epochs", epochs, why)]


def _steps_of_contrast(facts: DataFacts) -> list[_Row]:
    per_epoch = ceil(facts.n_train / CONTRAST_BATCH_SIZE)
    epochs = max(MIN_EPOCHS, min(CONTRAST_EPOCHS, ceil(MAX_STEPS[facts.modality] / per_epoch)))
    others = "The more texts are in a batch, the more others each is told from."
    why = f"After {epochs} epochs of about {per_epoch} steps the pairs are told apart; more would be learned by heart."
    return [("batch_size", CONTRAST_BATCH_SIZE, others), ("epochs", epochs, why)]


def _patience(strategy: str) -> list[_Row]:
    if strategy != "contrastive":
        return []
    why = (
        "Off: few validation samples cannot say when to stop, and mixtures with the start are tried at the end anyway."
    )
    return [("patience", 0, why)]


def _rates(facts: DataFacts, strategy: str) -> list[_Row]:
    if not _takes_steps(strategy):
        return []
    if strategy == "from-scratch":
        rate = 1e-3 if facts.modality == "image" else 3e-4
        return [("learning_rate", rate, "Random weights need larger steps than pretrained ones.")]
    rate = 3e-4 if facts.modality == "image" else 1e-4
    if strategy == "contrastive":
        why = "Pairs say less than labels of the head, so that steps may be twice as large as in fine-tuning."
        return [("learning_rate", CONTRAST_RATE, why)]
    if strategy in PART_RATES:
        return [
            ("learning_rate", *PART_RATES[strategy]),
            ("head_learning_rate", rate, "A head that starts from the probe is nearly right already."),
        ]
    head = 1e-3 if strategy == "full-fine-tuning" else rate
    why = "Pretrained weights want small steps; a head that starts from the probe is nearly right already."
    return [("learning_rate", rate, why), ("head_learning_rate", head, why)]


def _decay(strategy: str) -> list[_Row]:
    if strategy != "full-fine-tuning":
        return []
    why = "Lower stages hold what serves any task, so each learns a little slower than the one above it."
    return [("layer_decay", FULL_LAYER_DECAY, why)]


def _smoothing(facts: DataFacts, strategy: str) -> list[_Row]:
    if not _takes_steps(strategy) or facts.modality == "text":
        return []
    why = "The fitted head is certain of nearly every training image; a softer target leaves the stages much to learn."
    return [("label_smoothing", FINE_TUNING_SMOOTHING, why)]


def _views(facts: DataFacts, strategy: str) -> list[_Row]:
    """For steps only: a head that is fitted to frozen features gained nothing from further views where it was tried."""
    n_views = next((n for limit, n in VIEWS if facts.n_train < limit), 1)
    if not _takes_steps(strategy) or facts.modality == "text" or n_views == 1:
        return []
    why = f"{facts.n_train:,} images are few: {n_views - 1} more views of each, cropped and lit differently, vary them."
    return [("n_views", n_views, why)]


def _takes_steps(strategy: str) -> bool:
    """Whether stages train; otherwise a solver fits the head, and that is all."""
    return get_strategy(strategy).freezes != "all"


def _mirroring(facts: DataFacts) -> list[_Row]:
    """Never on by itself: nothing in the pixels says whether left and right matter."""
    if facts.modality == "text":
        return []
    why = (
        "A mirrored letter, digit, sign or left hand is another one, so it stays off; turn it on where left and right "
        "mean nothing."
    )
    return [("mirroring", "off", why)]
