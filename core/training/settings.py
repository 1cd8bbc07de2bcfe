"""Every training setting in one row: its bounds, default, label and help, read by the form, the check and the docs."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from core.datasets.records import Modality
from core.errors import ConfigurationError, UnknownChoiceError

SettingGroup = Literal["training", "overfitting", "imbalance", "data"]


@dataclass(frozen=True, kw_only=True, slots=True)
class Group:
    """Settings that belong together.

    Attributes:
        id: what rows name.
        title: what the form calls it.
        help: one sentence for a beginner.
    """

    id: SettingGroup
    title: str
    help: str


GROUPS: tuple[Group, ...] = (
    Group(id="training", title="Training", help="How long the optimiser learns, and in which steps."),
    Group(
        id="overfitting",
        title="Against overfitting",
        help="For runs that know the training samples by heart and do worse on new ones.",
    ),
    Group(id="imbalance", title="Imbalance", help="For classes with many samples beside classes with few."),
    Group(id="data", title="Data", help="What the network sees of each sample, and what fixes the numbers."),
)


@dataclass(frozen=True, kw_only=True, slots=True)
class Setting:
    """One row.

    Attributes:
        name: field of `TrainingSpec` it belongs to.
        label: what the form calls it.
        help: one or two sentences a beginner understands.
        default: value used where nothing else is suggested.
        minimum: smallest allowed number, None for choices.
        maximum: largest allowed number, None for choices.
        choices: allowed words, empty for numbers.
        acts_on: "all" runs, only those with "steps" of an optimiser, or only those on "images".
        group: where the form shows it.
        unit: what its numbers count, where the label does not say it.
        reason: why the default is a good start where the data say nothing else, a sentence.
    """

    name: str
    label: str
    help: str
    default: int | float | str
    minimum: float | None = None
    maximum: float | None = None
    choices: tuple[str, ...] = ()
    acts_on: Literal["all", "steps", "images"] = "all"
    group: SettingGroup = "training"
    unit: str = ""
    reason: str = "A usual start; nothing in these data asks for another."

    def words(self, value: object) -> str:
        """A value as people read it, with its unit."""
        number = f"{value:g}" if isinstance(value, float) else str(value)
        return f"{number} {self.unit}".rstrip()

    def acts(self, modality: Modality | None, *, takes_steps: bool) -> bool:
        """Whether it has a say in a run on samples of this kind that takes steps of an optimiser, or does not."""
        return {"all": True, "steps": takes_steps, "images": modality == "image"}[self.acts_on]

    def problem_with(self, value: object) -> str | None:
        """Why `value` is not allowed here, one sentence, or None where it is."""
        if self.choices:
            if value in self.choices:
                return None
            return f'{self.label} must be one of {", ".join(self.choices)}; found "{value}".'
        if isinstance(value, bool) or not isinstance(value, (int, float)):
            return f'{self.label} must be a number; found "{value}".'
        if isinstance(self.default, int) and not isinstance(value, int):
            return f"{self.label} must be a whole number; found {value}."
        if self.minimum is not None and self.maximum is not None and not self.minimum <= value <= self.maximum:
            return f"{self.label} must lie between {self.minimum:g} and {self.maximum:g}; found {value:g}."
        return None


SETTINGS: tuple[Setting, ...] = (
    Setting(
        name="epochs",
        label="Epochs",
        help="How often the training samples are gone through at most. Early stopping may end it sooner.",
        reason="Ten rounds adapt most small datasets, and early stopping may end it sooner.",
        default=10,
        minimum=1,
        maximum=1000,
        acts_on="steps",
    ),
    Setting(
        name="batch_size",
        label="Batch size",
        help="Samples per step. Larger is smoother and needs more memory.",
        reason="32 samples make a steady step and fit into the memory of a laptop.",
        default=32,
        minimum=1,
        maximum=1024,
        acts_on="steps",
    ),
    Setting(
        name="learning_rate",
        label="Learning rate",
        help="Step size for the trainable stages of the backbone. Pretrained weights want small steps.",
        reason="Pretrained weights want small steps.",
        default=1e-4,
        minimum=1e-7,
        maximum=1.0,
        acts_on="steps",
    ),
    Setting(
        name="head_learning_rate",
        label="Learning rate of the head",
        help="Step size for the new last layer. A head that starts from the probe wants small steps too.",
        reason="A layer that is new has more to learn than pretrained ones.",
        default=1e-3,
        minimum=1e-7,
        maximum=1.0,
        acts_on="steps",
    ),
    Setting(
        name="optimizer",
        label="Optimiser",
        help="AdamW suits nearly everything. SGD with momentum is the classic for convolutional networks.",
        reason="It sizes the steps of each weight by itself, so that one rate serves many networks.",
        default="adamw",
        choices=("adamw", "adam", "sgd", "adagrad"),
        acts_on="steps",
    ),
    Setting(
        name="layer_decay",
        label="Rate from stage to stage",
        help="Each stage learns at this share of the rate of the one above it, since lower stages hold what serves any "
        "task; 1 treats all alike. Gradual unfreezing divides by 2.6 besides.",
        reason="One rate for all is enough where only the last stages train.",
        default=1.0,
        minimum=0.3,
        maximum=1.0,
        acts_on="steps",
    ),
    Setting(
        name="weight_decay",
        label="Weight decay",
        help="Pulls weight matrices towards zero against overfitting. Biases and norms are left alone.",
        group="overfitting",
        reason="A light pull, as is usual with AdamW.",
        default=0.01,
        minimum=0.0,
        maximum=1.0,
        acts_on="steps",
    ),
    Setting(
        name="warmup_share",
        label="Warm-up",
        help="Share of the steps in which the learning rate rises from zero; it falls along a cosine after that.",
        reason="A gentle start keeps the first steps from spoiling pretrained weights.",
        default=0.1,
        minimum=0.0,
        maximum=0.9,
        acts_on="steps",
    ),
    Setting(
        name="gradient_clip",
        label="Gradient clipping",
        help="Largest allowed norm of the gradient; 0 turns it off. Guards against single wild steps.",
        reason="At 1, ordinary steps pass as they are and wild ones are cut.",
        default=1.0,
        minimum=0.0,
        maximum=1000.0,
        acts_on="steps",
    ),
    Setting(
        name="label_smoothing",
        label="Label smoothing",
        help="Share of the target spread over all classes, so that the model is not pushed to be certain.",
        group="overfitting",
        reason="Off: each label counts in full unless something speaks for a softer one.",
        default=0.0,
        minimum=0.0,
        maximum=0.5,
        acts_on="steps",
    ),
    Setting(
        name="mixup",
        label="Mixing of samples",
        help="Pairs of samples are blended where they enter the trainable stages, and so are their labels: against "
        "overfitting. The larger, the more even the blends; 0 turns it off.",
        group="overfitting",
        reason="Off: blending pays in long trainings of many stages, which a first try is not.",
        default=0.0,
        minimum=0.0,
        maximum=2.0,
        acts_on="steps",
    ),
    Setting(
        name="head_dropout",
        label="Dropout before the head",
        help="Share of the features that are left out at random in each step, against overfitting; 0 turns it off.",
        group="overfitting",
        reason="Off: try it where the F1 of training runs far ahead of that of validation.",
        default=0.0,
        minimum=0.0,
        maximum=0.9,
        acts_on="steps",
    ),
    Setting(
        name="class_weights",
        label="Class weights",
        help='"balanced" lets rare classes count as much as frequent ones; "balanced-sampling" draws each class '
        'equally often instead; "logit-adjustment" takes the advantage of frequent classes off their scores.',
        group="imbalance",
        reason="The classes are of similar size, so that every sample may count the same.",
        default="none",
        choices=("none", "balanced", "balanced-sampling", "logit-adjustment"),
    ),
    Setting(
        name="decision",
        label="Decision",
        help='"macro-f1" tunes on the validation samples from which probability on each class is decided for, so that '
        "rare classes are found sooner; the probabilities stay as they are. It is kept only where it helps.",
        group="imbalance",
        reason="The most probable class decides: balanced weights already look after rare classes, and what is tuned "
        "on few validation samples follows their luck.",
        default="most-probable",
        choices=("most-probable", "macro-f1"),
    ),
    Setting(
        name="patience",
        label="Early stopping",
        help="Epochs without a better validation loss or F1 after which training stops; 0 never stops early.",
        group="overfitting",
        reason="Long enough to sit out a few bad epochs, short enough not to go on in vain.",
        default=4,
        minimum=0,
        maximum=1000,
        acts_on="steps",
    ),
    Setting(
        name="image_size_px",
        label="Image size",
        unit="px",
        help="Side of the square, in pixels, that images are brought to. Smaller is faster and loses detail.",
        group="data",
        reason="The size at which most networks were pretrained.",
        default=224,
        minimum=32,
        maximum=640,
        acts_on="images",
    ),
    Setting(
        name="n_views",
        label="Views per image",
        help="How many versions of each training image are learned from: itself, and others cropped and lit a little "
        "differently. Each passes the frozen stages once, however many epochs there are.",
        group="overfitting",
        reason="Each further view costs a whole pass, which pays where stages train on few images.",
        default=1,
        minimum=1,
        maximum=16,
        acts_on="images",
    ),
    Setting(
        name="mirroring",
        label="Mirrored views",
        help="Whether further views may be mirrored. Wrong where left and right matter: letters, digits, signs.",
        group="overfitting",
        reason="Off: a mirrored letter, digit or sign is another one.",
        default="off",
        choices=("off", "on"),
        acts_on="images",
    ),
    Setting(
        name="precision",
        label="Precision of the frozen pass",
        help='"auto" uses bfloat16 where the processor or GPU computes it natively, else float32.',
        group="data",
        reason="The fast format is used only where it is native, else nothing is gained by it.",
        default="auto",
        choices=("auto", "float32", "bfloat16"),
    ),
    Setting(
        name="seed",
        label="Seed",
        help="Fixes the order of samples, dropout and random starts: same seed, same machine, same numbers.",
        group="data",
        reason="Any number does; keep it to compare runs that differ in one thing only.",
        default=0,
        minimum=0,
        maximum=2**31 - 1,
    ),
)


def list_groups() -> tuple[Group, ...]:
    """The groups, in the order a form shows them."""
    return GROUPS


def list_settings() -> tuple[Setting, ...]:
    """All rows, in the order a form shows them."""
    return SETTINGS


def read_settings(assignments: Sequence[str]) -> dict[str, int | float | str]:
    """Settings written as NAME=VALUE; what a value may be is checked where a spec is made of them.

    Raises:
        UnknownChoiceError: no row has this name.
        ConfigurationError: there is no "=", or a number was expected and something else was found.
    """
    return dict(_read_setting(assignment) for assignment in assignments)


def _read_setting(assignment: str) -> tuple[str, int | float | str]:
    name, separator, value = assignment.partition("=")
    if not separator:
        raise ConfigurationError(f'A setting is written NAME=VALUE; found "{assignment}".', "For example: n_views=2.")
    row = get_setting(name.strip())
    if row.choices:
        return row.name, value.strip()
    try:
        return row.name, int(value) if isinstance(row.default, int) else float(value)
    except ValueError:
        kind = "a whole number" if isinstance(row.default, int) else "a number"
        raise ConfigurationError(
            f'{row.label} must be {kind}; found "{value}".', "Correct it and start again."
        ) from None


def get_setting(name: str) -> Setting:
    """The row of one field; raises UnknownChoiceError where there is none."""
    for setting in SETTINGS:
        if setting.name == name:
            return setting
    raise UnknownChoiceError("setting", name, (setting.name for setting in SETTINGS))
