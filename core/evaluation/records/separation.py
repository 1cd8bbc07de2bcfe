"""How well scores tell the classes apart, whatever is decided by them."""

from __future__ import annotations

from dataclasses import dataclass

from core.evaluation.records.interval import Interval


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
