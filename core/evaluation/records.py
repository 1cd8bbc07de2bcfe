"""The report of a run: every number with its split, its n and how sure it is."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

from core.arrays import FloatArray, IntArray, StrArray
from core.datasets.records import SplitName
from core.training.decision import DecisionOffsets
from core.training.temperature import Temperature

FEW_SAMPLES = 10
"""Below this many samples one more hit moves a class's recall by more than a tenth."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Interval:
    """A number with its 95 % interval; `low` and `high` are None where it cannot be computed, and `why` says so."""

    value: float
    low: float | None
    high: float | None
    why: str = ""


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


HowScaled = Literal["held-out", "cross-fitted", "unscaled"]
BaselineName = Literal["nearest-neighbours", "tf-idf", "probe"]
BASELINE_TITLES: dict[BaselineName, str] = {
    "nearest-neighbours": "nearest neighbours among the frozen features",
    "tf-idf": "logistic regression on counted words (TF-IDF)",
    "probe": "the fitted head, before stages trained",
}


@dataclass(frozen=True, kw_only=True, slots=True)
class CalibrationScores:
    """How good probabilities are; lower is better.

    Attributes:
        ece: expected calibration error of 15 equal-mass bins, in [0, 1].
        brier: Brier score summed over the classes, in [0, 2].
        log_loss: mean cross-entropy, nats.
    """

    ece: float
    brier: float
    log_loss: float


@dataclass(frozen=True, kw_only=True, slots=True)
class ReliabilityBin:
    """Samples of similar confidence.

    Attributes:
        confidence: their mean, in [0, 1].
        accuracy: the share of them that is right.
    """

    confidence: float
    accuracy: Interval


@dataclass(frozen=True, kw_only=True, slots=True)
class CoveragePoint:
    """What comes of answering only where the model is sure enough.

    Attributes:
        threshold: the least probability with which it answers, in [0, 1].
        coverage: share of the samples it answers, in [0, 1].
        accuracy: of these answers, the share that is right.
    """

    threshold: float
    coverage: float
    accuracy: Interval


@dataclass(frozen=True, kw_only=True, slots=True)
class Calibration:
    """Whether the probabilities of one split mean what they say.

    Attributes:
        how: "held-out" where the temperature comes from other samples; "cross-fitted" where the split fitted it, and
            each half of its samples is scaled here by what the other half fits; "unscaled" where it is 1.
        before: scores of the model's own probabilities.
        after: scores of the scaled ones, as `how` says.
        ece_by_chance: the `ece` to expect on as many samples of a model whose probabilities are exactly right.
        top_3_accuracy: share of samples whose class is among the three most probable; None for three classes or less.
        reliability: bins of equally many samples, from the least sure to the surest; scaled.
        coverage: by rising coverage, the last point answers everything; scaled.
    """

    how: HowScaled
    before: CalibrationScores
    after: CalibrationScores
    ece_by_chance: float
    top_3_accuracy: Interval | None
    reliability: tuple[ReliabilityBin, ...]
    coverage: tuple[CoveragePoint, ...]


@dataclass(frozen=True, kw_only=True, slots=True)
class Rejection:
    """From which probability on a run answers, so that its answers are right as often as somebody wants.

    Attributes:
        precision: share of the answers that shall be right, in (0, 1).
        threshold: the least probability of an answer that is given; None where `precision` cannot be reached.
        why: why it cannot be; empty where it can.
        n: validation samples it was chosen on.
        val: what it gives on these; None without a threshold.
        test: what it gives on the test samples, which had no say; None without a threshold or without such samples.
    """

    precision: float
    threshold: float | None
    why: str
    n: int
    val: CoveragePoint | None = None
    test: CoveragePoint | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class ClassSeparation:
    """How well the scores of one class tell its samples from all others.

    Attributes:
        class_name: the class.
        n: samples of it in the split.
        auroc: area under the ROC curve, in [0, 1], 0.5 by chance; None where it cannot be computed.
        average_precision: area under the precision-recall curve, in [0, 1], by chance the share of the class; likewise.
        why: why there are none; empty where there are.
    """

    class_name: str
    n: int
    auroc: Interval | None = None
    average_precision: Interval | None = None
    why: str = ""


@dataclass(frozen=True, kw_only=True, slots=True)
class TopAccuracy:
    """How often the class is among the most probable ones.

    Attributes:
        k: how many of these count.
        accuracy: share of the samples, with its Wilson interval.
    """

    k: int
    accuracy: Interval


@dataclass(frozen=True, kw_only=True, slots=True)
class Separation:
    """How well the scores tell classes apart, whatever is decided by them.

    Attributes:
        classes: one row per class against all others, in label order.
        macro_auroc: mean over the classes that have an area; None where none has.
        macro_average_precision: likewise.
        top: top-k accuracy, for each k below the number of classes.
    """

    classes: tuple[ClassSeparation, ...]
    macro_auroc: Interval | None
    macro_average_precision: Interval | None
    top: tuple[TopAccuracy, ...]


@dataclass(frozen=True, kw_only=True, slots=True)
class SeparationCurves:
    """Both curves of a class against all others, or their means over classes; thinned out for drawing.

    Attributes:
        roc: (share of the others called so, share of the class found), both rising.
        precision_recall: (recall, precision), by rising recall.
        share: of the class among the samples, in (0, 1): the precision of calling everything so.
        n_classes: classes they are the mean of.
    """

    roc: tuple[tuple[float, float], ...]
    precision_recall: tuple[tuple[float, float], ...]
    share: float
    n_classes: int


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


CurveVerdict = Literal["more-data", "features", "flat", "unsure", "nearly-all"]
"""More samples are worth it; the features are the limit; neither is known; too unsure; hardly an error is left."""


@dataclass(frozen=True, kw_only=True, slots=True)
class CurvePoint:
    """A head on frozen features after learning from so many samples.

    Attributes:
        n_train: samples that each head learned from.
        scores: accuracy on the validation samples, one per draw, in [0, 1].
        train_score: mean accuracy on the samples learned from, in [0, 1].
    """

    n_train: int
    scores: tuple[float, ...]
    train_score: float

    @property
    def score(self) -> float:
        """Mean over the draws."""
        return sum(self.scores) / len(self.scores)


@dataclass(frozen=True, kw_only=True, slots=True)
class CurveBand:
    """What the fitted law says for a number of training samples, with its 95 % band."""

    n_train: float
    score: Interval


@dataclass(frozen=True, kw_only=True, slots=True)
class Foretold:
    """A law fitted to fewer samples, asked for all of them.

    Attributes:
        n_known: the most samples it was fitted to.
        n_train: all training samples.
        score: what it foretold for these, with the 95 % band that one head was to fall in.
        measured: what came.
    """

    n_known: int
    n_train: int
    score: Interval
    measured: float

    @property
    def came_true(self) -> bool:
        """Whether the measured score lies in the band."""
        low, high = self.score.low, self.score.high
        return low is not None and high is not None and low <= self.measured <= high


@dataclass(frozen=True, kw_only=True, slots=True)
class LearningCurve:
    """How a head on the frozen features of a run's backbone does after learning from ever more of its samples.

    Attributes:
        points: measured, from few samples to all of the training split.
        band: the fitted law, from the first point to twice as many samples as there are.
        gain: of validation accuracy by twice as many training samples, with its 95 % band.
        foretold: the check of such a band against what is known; None where there are too few samples for it.
        verdict: what to do.
        better_run: id of a run on the same data that trained stages and is better by more than chance explains; or "".
        n_val: validation samples.
        seconds: that it took.
        created_at: ISO 8601, UTC.
    """

    points: tuple[CurvePoint, ...]
    band: tuple[CurveBand, ...]
    gain: Interval
    foretold: Foretold | None
    verdict: CurveVerdict
    better_run: str
    n_val: int
    seconds: float
    created_at: str

    @property
    def n_train(self) -> int:
        """All training samples."""
        return self.points[-1].n_train


@dataclass(frozen=True, kw_only=True, slots=True)
class StageDrift:
    """How far one stage went from where it was pretrained.

    Attributes:
        name: of the stage.
        trained: whether it was trained; the weights of others moved by exactly 0.
        weights: norm of the difference over norm of the start, 0 = not at all.
        representation: 1 - CKA between what leaves it now and what left it then, in [0, 1]; None where what leaves it
            is the same for all samples.
    """

    name: str
    trained: bool
    weights: float
    representation: float | None


@dataclass(frozen=True, kw_only=True, slots=True)
class Drift:
    """How far a run's network went from where it was pretrained.

    Attributes:
        stages: in network order.
        n_samples: validation samples that were looked at.
        n_val: validation samples in all.
        seconds: that it took.
        created_at: ISO 8601, UTC.
    """

    stages: tuple[StageDrift, ...]
    n_samples: int
    n_val: int
    seconds: float
    created_at: str


MapMethod = Literal["pca", "tsne"]


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class Plane:
    """Features of many samples laid out in the plane.

    Attributes:
        state: of the network that made them: "before" its training, "after" it, or "frozen" where no stage trained.
        positions: shape (n_samples, 2), float32; their unit and directions mean nothing.
        shares: of the variance of the features, what lies along each direction, in [0, 1]; empty where the directions
            are not those of the features.
    """

    state: Literal["before", "after", "frozen"]
    positions: FloatArray
    shares: tuple[float, ...]


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class FeatureMap:
    """The samples of a run as points, with what is known about each; all arrays are of shape (n_samples,).

    Attributes:
        method: "pca", the two directions along which features vary most, or "tsne", neighbours near each other.
        planes: one, or that before the training and that after it, turned so that they are easy to compare.
        rows: of the samples in the dataset, ascending.
        labels: true classes, integers in [0, n_classes).
        predictions: the run's answers, same range.
        probabilities: of these answers, in [0, 1].
        splits: "train", "val" or "test".
        n_all: samples that the dataset has.
    """

    method: MapMethod
    planes: tuple[Plane, ...]
    rows: IntArray
    labels: IntArray
    predictions: IntArray
    probabilities: FloatArray
    splits: StrArray
    n_all: int

    @property
    def n_samples(self) -> int:
        """Points of each plane."""
        return len(self.rows)


@dataclass(frozen=True, kw_only=True, slots=True)
class RankedBackbone:
    """What a backbone's frozen features are worth for a dataset, before anything is trained.

    Attributes:
        model: id of the backbone.
        title: how people write its name.
        score: balanced accuracy of a linear head on training samples, each held out once, in [0, 1].
        standard_error: of the score.
        log_me: LogME; only its differences between backbones on the same samples mean something.
        knn: balanced accuracy of the nearest neighbours' vote, each sample left out once, in [0, 1].
        prior: accuracy on ImageNet-1K as published, in [0, 1]; None where none is known.
        seconds: that ranking it took, loading included; what earlier runs had computed took none.
        ms_per_sample: measured milliseconds per sample through the network, decoding left out.
        tied: whether it shares the first place: the best score is at most one standard error of the difference above.
            False for a best that stands alone.
        n_samples: training samples the scores are from; fewer for those that fell out early.
    """

    model: str
    title: str
    score: float
    standard_error: float
    log_me: float
    knn: float
    prior: float | None
    seconds: float
    ms_per_sample: float
    tied: bool
    n_samples: int


@dataclass(frozen=True, kw_only=True, slots=True)
class NotRanked:
    """A backbone that could not be ranked, and why."""

    model: str
    reason: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Ranking:
    """Backbones in the order to take them for a dataset.

    Attributes:
        dataset_id: the dataset.
        backbones: those tied with the best score first, the fastest of them at the front.
        not_ranked: what was left out.
        n_train: training samples of the dataset.
        seconds: that it took, reading the samples included.
        created_at: ISO 8601, UTC.
    """

    dataset_id: str
    backbones: tuple[RankedBackbone, ...]
    not_ranked: tuple[NotRanked, ...]
    n_train: int
    seconds: float
    created_at: str

    @property
    def uses_prior(self) -> bool:
        """Whether the published accuracies had a say: they have where all backbones have one."""
        return len(self.backbones) > 1 and all(one.prior is not None for one in self.backbones)


@dataclass(frozen=True, kw_only=True, slots=True)
class ClassLikeness:
    """What a pretrained network takes the samples of one class for.

    Attributes:
        class_name: the class.
        n: training samples of it that were looked at.
        concepts: (name, share) of what they are most taken for, the highest first, shares in [0, 1]; empty for n = 0.
    """

    class_name: str
    n: int
    concepts: tuple[tuple[str, float], ...]


@dataclass(frozen=True, kw_only=True, slots=True)
class SourceRelation:
    """How what a backbone learned in pretraining goes with the classes of a dataset, before anything is trained.

    Attributes:
        dataset_id: the dataset.
        model: id of the backbone.
        title: how people write its name.
        classes: one per class, in label order.
        concept_names: what some class is most taken for; of the source's concepts these are kept.
        class_given_concept: of what looks like a concept, the share that is each class, shape (n_concepts, n_classes).
        concept_given_class: of a class, the share that looks like each concept, shape (n_classes, n_concepts).
        n_concepts: concepts that the source has in all.
        score: balanced accuracy of the classifier that it is without training, on training samples, each left out of
            the matrix that it is classified with, in [0, 1].
        standard_error: of the score.
        log_expected_prediction: LEEP, nats, at most 0; compares nothing but datasets under one backbone.
        says_nothing: whether the labels are no likelier under it than shuffled ones are.
        shuffled_share: of shuffled labels, the real ones included, what share is as likely, in (0, 1].
        image_size_px: side at which the images passed.
        n_samples: training samples that were looked at.
        n_train: training samples of the dataset.
        seconds: that it took.
        created_at: ISO 8601, UTC.
    """

    dataset_id: str
    model: str
    title: str
    classes: tuple[ClassLikeness, ...]
    concept_names: tuple[str, ...]
    class_given_concept: tuple[tuple[float, ...], ...]
    concept_given_class: tuple[tuple[float, ...], ...]
    n_concepts: int
    score: float
    standard_error: float
    log_expected_prediction: float
    says_nothing: bool
    shuffled_share: float
    image_size_px: int
    n_samples: int
    n_train: int
    seconds: float
    created_at: str

    @property
    def chance(self) -> float:
        """The balanced accuracy of any answer that does not look at the sample."""
        return 1 / max(1, sum(one.n > 0 for one in self.classes))
