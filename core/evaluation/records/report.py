"""The report of a run: every number with its split, its n and how sure it is."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

from core.datasets.records import SplitName
from core.evaluation.records.calibration import Calibration
from core.evaluation.records.interval import FEW_SAMPLES, Interval
from core.evaluation.records.separation import Separation
from core.training.decision import DecisionOffsets
from core.training.temperature import Temperature

BaselineName = Literal["nearest-neighbours", "tf-idf", "probe"]


BASELINE_TITLES: dict[BaselineName, str] = {
    "nearest-neighbours": "nearest neighbours among the frozen features",
    "tf-idf": "logistic regression on counted words (TF-IDF)",
    "probe": "the fitted head, before stages trained",
}


@dataclass(frozen=True, kw_only=True, slots=True)
class ClassReport:
    """One class on one split.

    Attributes:
        class_name: the class.
        precision: of the samples called this class, the share that was it; None where nothing was called so.
        recall: of the samples of this class, the share found; None where there is none.
        f1: harmonic mean of both, 0 where nothing was found.
        support: samples of this class in the split.
        n_predicted: samples called this class.
        precision_interval: of `precision`, Wilson; None where there is no precision, or the report is from before it.
        recall_interval: likewise of `recall`.
        f1_interval: of `f1`, Wilson indirect; None where the report is from before it.
    """

    class_name: str
    precision: float | None
    recall: float | None
    f1: float
    support: int
    n_predicted: int
    precision_interval: Interval | None = None
    recall_interval: Interval | None = None
    f1_interval: Interval | None = None

    @property
    def is_too_small(self) -> bool:
        """Whether the split has samples of the class, but too few to judge it by."""
        return 0 < self.support < FEW_SAMPLES


@dataclass(frozen=True, kw_only=True, slots=True)
class Confusion:
    """One way of being wrong: a cell of the confusion matrix off its diagonal.

    Attributes:
        true_label: the class the samples have.
        predicted_label: the class they were called.
        n: how many samples.
        share: of the samples of the true class, in [0, 1].
    """

    true_label: int
    predicted_label: int
    n: int
    share: float


@dataclass(frozen=True, kw_only=True, slots=True)
class Baseline:
    """Something simpler than the model, on the same samples.

    Attributes:
        name: "nearest-neighbours" votes among the frozen features; "tf-idf" counts words for a logistic regression;
            "probe" is the fitted head of a run whose stages trained after it.
        accuracy: share of hits; None where it was not computed.
        macro_f1: as in the report; None where it was not computed.
        n_train: training samples it learned from.
        seconds: that it took, all splits together.
        why: why it was not computed; empty where it was.
    """

    name: BaselineName
    accuracy: Interval | None = None
    macro_f1: float | None = None
    n_train: int = 0
    seconds: float = field(default=0.0, compare=False)
    why: str = ""


@dataclass(frozen=True, kw_only=True, slots=True)
class SplitReport:
    """All numbers of one split.

    Attributes:
        split: which split.
        n: samples in it.
        accuracy: share of hits, with its Wilson interval.
        macro_f1: mean F1 over the classes that the split has or that were predicted, with its interval.
        micro_f1: F1 over all decisions (equals accuracy for one label per sample).
        weighted_f1: mean F1 weighted by support.
        balanced_accuracy: mean recall over the classes present.
        loss: mean cross-entropy of the scaled probabilities, nats; a little flattering on validation, which
            fitted them, where `calibration` has it cross-fitted.
        majority_accuracy: what always answering the most frequent training class would score.
        majority_class: that class.
        classes: one row per class, in label order.
        confusion_matrix: rows are true classes, columns predicted ones, counts, shape (n_classes, n_classes).
        calibration: whether the probabilities mean what they say; None where the report is from before it.
        baselines: simpler ways, beside the majority; empty where the report is from before them.
        separation: areas under the curves and top-k accuracy; None where the report is from before them.
    """

    split: SplitName
    n: int
    accuracy: Interval
    macro_f1: Interval
    micro_f1: float
    weighted_f1: float
    balanced_accuracy: float
    loss: float
    majority_accuracy: float
    majority_class: str
    classes: tuple[ClassReport, ...]
    confusion_matrix: tuple[tuple[int, ...], ...]
    calibration: Calibration | None = None
    baselines: tuple[Baseline, ...] = ()
    separation: Separation | None = None

    @property
    def majority_macro_f1(self) -> float:
        """The macro-F1 of the same answer: its class has precision `majority_accuracy` and recall 1, all others 0."""
        n_present = sum(row.support > 0 for row in self.classes)
        f1 = 2 * self.majority_accuracy / (1 + self.majority_accuracy)
        return f1 / n_present if n_present else 0.0


@dataclass(frozen=True, kw_only=True, slots=True)
class Report:
    """What a run is worth: validation first, test (if there is one) opened once at the end.

    Attributes:
        class_names: in label order.
        splits: one report each.
        warnings: what a reader must know before trusting them.
        temperature: what the logits were divided by; None where the report is from before scaling.
        decision: offsets by which it decides; None where the most probable class does.
    """

    class_names: tuple[str, ...]
    splits: tuple[SplitReport, ...]
    warnings: tuple[str, ...] = ()
    temperature: Temperature | None = None
    decision: DecisionOffsets | None = None

    def split(self, name: SplitName) -> SplitReport | None:
        """The report of one split, or None where the dataset has no such split."""
        return next((part for part in self.splits if part.split == name), None)
