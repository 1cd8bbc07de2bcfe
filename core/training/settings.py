"""Every training setting in one row: its bounds, default, label and help, read by the form, the check and the docs."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from core.errors import ConfigurationError, UnknownChoiceError


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
    """

    name: str
    label: str
    help: str
    default: int | float | str
    minimum: float | None = None
    maximum: float | None = None
    choices: tuple[str, ...] = ()
    acts_on: Literal["all", "steps", "images"] = "all"

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
        default=10,
        minimum=1,
        maximum=1000,
        acts_on="steps",
    ),
    Setting(
        name="batch_size",
        label="Batch size",
        help="Samples per step. Larger is smoother and needs more memory.",
        default=32,
        minimum=1,
        maximum=1024,
        acts_on="steps",
    ),
    Setting(
        name="learning_rate",
        label="Learning rate",
        help="Step size for the trainable stages of the backbone. Pretrained weights want small steps.",
        default=1e-4,
        minimum=1e-7,
        maximum=1.0,
        acts_on="steps",
    ),
    Setting(
        name="head_learning_rate",
        label="Learning rate of the head",
        help="Step size for the new last layer. A head that starts from the probe wants small steps too.",
        default=1e-3,
        minimum=1e-7,
        maximum=1.0,
        acts_on="steps",
    ),
    Setting(
        name="optimizer",
        label="Optimiser",
        help="AdamW suits nearly everything. SGD with momentum is the classic for convolutional networks.",
        default="adamw",
        choices=("adamw", "adam", "sgd", "adagrad"),
        acts_on="steps",
    ),
    Setting(
        name="layer_decay",
        label="Rate from stage to stage",
        help="Each stage learns at this share of the rate of the one above it, since lower stages hold what serves any "
        "task; 1 treats all alike. Gradual unfreezing divides by 2.6 besides.",
        default=1.0,
        minimum=0.3,
        maximum=1.0,
        acts_on="steps",
    ),
    Setting(
        name="weight_decay",
        label="Weight decay",
        help="Pulls weight matrices towards zero against overfitting. Biases and norms are left alone.",
        default=0.01,
        minimum=0.0,
        maximum=1.0,
        acts_on="steps",
    ),
    Setting(
        name="warmup_share",
        label="Warm-up",
        help="Share of the steps in which the learning rate rises from zero; it falls along a cosine after that.",
        default=0.1,
        minimum=0.0,
        maximum=0.9,
        acts_on="steps",
    ),
    Setting(
        name="gradient_clip",
        label="Gradient clipping",
        help="Largest allowed norm of the gradient; 0 turns it off. Guards against single wild steps.",
        default=1.0,
        minimum=0.0,
        maximum=1000.0,
        acts_on="steps",
    ),
    Setting(
        name="label_smoothing",
        label="Label smoothing",
        help="Share of the target spread over all classes, so that the model is not pushed to be certain.",
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
        default=0.0,
        minimum=0.0,
        maximum=2.0,
        acts_on="steps",
    ),
    Setting(
        name="head_dropout",
        label="Dropout before the head",
        help="Share of the features that are left out at random in each step, against overfitting; 0 turns it off.",
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
        default="none",
        choices=("none", "balanced", "balanced-sampling", "logit-adjustment"),
    ),
    Setting(
        name="patience",
        label="Early stopping",
        help="Epochs without a better validation loss or F1 after which training stops; 0 never stops early.",
        default=4,
        minimum=0,
        maximum=1000,
        acts_on="steps",
    ),
    Setting(
        name="image_size_px",
        label="Image size",
        help="Side of the square, in pixels, that images are brought to. Smaller is faster and loses detail.",
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
        default=1,
        minimum=1,
        maximum=16,
        acts_on="images",
    ),
    Setting(
        name="mirroring",
        label="Mirrored views",
        help="Whether further views may be mirrored. Wrong where left and right matter: letters, digits, signs.",
        default="off",
        choices=("off", "on"),
        acts_on="images",
    ),
    Setting(
        name="precision",
        label="Precision of the frozen pass",
        help='"auto" uses bfloat16 where the processor or GPU computes it natively, else float32.',
        default="auto",
        choices=("auto", "float32", "bfloat16"),
    ),
    Setting(
        name="seed",
        label="Seed",
        help="Fixes the order of samples, dropout and random starts: same seed, same machine, same numbers.",
        default=0,
        minimum=0,
        maximum=2**31 - 1,
    ),
)


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
