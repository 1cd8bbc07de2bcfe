"""How a fitted head does after learning from ever more of the samples, and what that says about yet more of them."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial

import numpy as np

from core.arrays import BoolArray, FloatArray, IntArray
from core.evaluation.power_law import MIN_SIZES, FittedCurve
from core.evaluation.ranking import nested_sample
from core.evaluation.records import CurveBand, CurvePoint, CurveVerdict, Foretold, Interval
from core.training.probe import Probe, best_strength, fit_probe, search_strengths

MAX_HALVINGS = 5
USUAL_PER_CLASS, PER_CLASS = 4, 2
"""Training samples of each class at the smallest size, and where these leave too few sizes.

With fewer, the regularisation cannot be chosen, and scores follow no law.
"""

FEW_SAMPLES = 2_000
N_DRAWS_FEW, N_DRAWS_MANY = 10, 5
"""Draws of each size: of few samples they differ more, and a fit costs less."""

N_BAND_POINTS = 40
WORTH = 0.01
"""A gain of accuracy that is worth collecting data for."""

NEARLY_ALL = 0.98
UNDERFIT_SHARE = 0.5
"""Where the head is wrong on the very samples it learned from at least half as often as on others, it has not enough
to tell them apart by."""


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class SizeScores:
    """Heads that learned from so many samples.

    Attributes:
        n_train: samples each learned from.
        predictions: answers of each to the validation samples, shape (n_draws, n_val).
        train_score: mean accuracy on the samples they learned from, in [0, 1].
    """

    n_train: int
    predictions: IntArray
    train_score: float


def curve_sizes(n_train: int, n_classes: int) -> tuple[int, ...]:
    """Sizes to learn from, each half the next, up to all; in steps of the root of two where samples are few.

    Empty where there are too few for a curve: at the smallest size each class must have two samples.
    """
    for per_class in (USUAL_PER_CLASS, PER_CLASS):
        for steps in (1, 2):
            halvings = np.arange(MAX_HALVINGS * steps + 1)[::-1] / steps
            sizes = dict.fromkeys(int(n_train / 2**halving) for halving in halvings)
            enough = tuple(size for size in sizes if size >= per_class * n_classes)
            if len(enough) > MIN_SIZES:
                return enough
    return enough if len(enough) == MIN_SIZES else ()


def n_draws_of(size: int, n_train: int) -> int:
    """How often a size is drawn; there is only one way to take all."""
    if size == n_train:
        return 1
    return N_DRAWS_FEW if n_train < FEW_SAMPLES else N_DRAWS_MANY


def learn_from_sizes(
    features: FloatArray,
    labels: IntArray,
    unseen: FloatArray,
    n_classes: int,
    *,
    widths: Sequence[int] | None = None,
    on_fit: Callable[[int, int, int], None] = lambda *_: None,
) -> Iterator[SizeScores]:
    """Fit heads to ever more of the training samples, each draw with the proportions of all.

    Every sample counts alike, and each is learned from as it is. The regularisation is searched with the first draw of
    a size and kept for the others of it.

    Args:
        features: of the training samples, shape (n_train, n_features).
        labels: of these, shape (n_train,), integers in [0, n_classes).
        unseen: features of the validation samples, shape (n_val, n_features).
        n_classes: number of classes.
        widths: of the parts of the features that come from different stages; None where they are from one.
        on_fit: called with (size, heads fitted, of so many), more than once for each; may raise to end it.
    """
    sizes = curve_sizes(len(labels), n_classes)
    n_all, n_done = sum(n_draws_of(size, len(labels)) for size in sizes), 0
    for size in sizes:
        # No two draws share a seed: those of one would be parts of each other.
        seeds = range(n_done, n_done + n_draws_of(size, len(labels)))
        drawn = [nested_sample(labels, size, seed=seed) for seed in seeds]
        strength, answers, train_scores = None, [], []
        for rows in drawn:
            tell = partial(on_fit, size, n_done, n_all)
            tell()
            known, targets = features[rows], labels[rows]
            strength = strength or _search(known, targets, n_classes, widths, tell)
            probe = _fit(known, targets, n_classes, strength, widths)
            answers.append(_answers(probe, unseen))
            train_scores.append(float((_answers(probe, known) == targets).mean()))
            n_done += 1
        yield SizeScores(n_train=size, predictions=np.stack(answers), train_score=float(np.mean(train_scores)))


def points_of(measured: Sequence[SizeScores], val_labels: IntArray) -> tuple[CurvePoint, ...]:
    """What was measured, as it is kept."""
    return tuple(
        CurvePoint(
            n_train=one.n_train,
            scores=tuple(map(float, hits.mean(axis=1))),
            train_score=one.train_score,
        )
        for one, hits in zip(measured, _hits(measured, val_labels), strict=True)
    )


def band_of(curve: FittedCurve, first: int, last: int) -> tuple[CurveBand, ...]:
    """The fitted law with its band, at sizes evenly spread on an axis of factors."""
    return tuple(
        CurveBand(n_train=float(n), score=curve.score_at(float(n))) for n in np.geomspace(first, last, N_BAND_POINTS)
    )


def fit_curve(measured: Sequence[SizeScores], val_labels: IntArray) -> FittedCurve:
    """The law through all that was measured."""
    return FittedCurve([one.n_train for one in measured], _hits(measured, val_labels))


def foretell(measured: Sequence[SizeScores], val_labels: IntArray) -> Foretold | None:
    """What the same rule would have said about all samples, had there been half of them; None for too few sizes."""
    whole = measured[-1]
    half = [one for one in measured if 2 * one.n_train <= whole.n_train + 1]
    if len(half) < MIN_SIZES:
        return None
    curve = FittedCurve([one.n_train for one in half], _hits(half, val_labels), resamples_validation=False)
    return Foretold(
        n_known=half[-1].n_train,
        n_train=whole.n_train,
        score=curve.one_score_at(whole.n_train),
        measured=float(_hits([whole], val_labels)[0].mean()),
    )


def judge_curve(gain: Interval, score: float, train_score: float, *, is_surpassed: bool) -> CurveVerdict:
    """What to do about a curve.

    Args:
        gain: of accuracy by twice as many samples.
        score: accuracy on validation after learning from all, in [0, 1].
        train_score: the same on the samples learned from.
        is_surpassed: whether training stages is known to be better than the head, by more than chance explains.
    """
    if score >= NEARLY_ALL:
        return "nearly-all"
    if gain.value >= WORTH:
        return "more-data" if gain.low is not None and gain.low > 0 else "unsure"
    is_underfit = 1 - train_score >= UNDERFIT_SHARE * (1 - score)
    return "features" if is_surpassed or is_underfit else "flat"


def _hits(measured: Sequence[SizeScores], val_labels: IntArray) -> list[BoolArray]:
    return [one.predictions == val_labels for one in measured]


def _search(
    features: FloatArray, labels: IntArray, n_classes: int, widths: Sequence[int] | None, on_trial: Callable[[], None]
) -> float:
    tried = []
    for trial in search_strengths(features, labels, _even(n_classes), seed=0, widths=widths):
        tried.append(trial)
        on_trial()
    return best_strength(tried)


def _fit(
    features: FloatArray, labels: IntArray, n_classes: int, strength: float, widths: Sequence[int] | None
) -> Probe:
    *_, probe = fit_probe(features, labels, _even(n_classes), strength=strength, widths=widths)
    return probe


def _even(n_classes: int) -> FloatArray:
    return np.ones(n_classes, dtype=np.float32)


def _answers(probe: Probe, features: FloatArray) -> IntArray:
    return np.asarray((features @ probe.weight.T + probe.bias).argmax(axis=1))
