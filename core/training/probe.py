"""The probe: multinomial logistic regression on features, its regularisation chosen on samples held out.

The problem is convex, so there is no learning rate to tune: a solver walks to the optimum. Features are standardised
for it and the standardisation is folded back into the returned weights (Kumar et al. 2022 do the same).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import torch
from sklearn.model_selection import StratifiedKFold
from torch.nn import functional

from core.arrays import BoolArray, FloatArray, IntArray
from core.training.principal_axes import find_principal_axes
from core.training.softmax_regression import SoftmaxRegression
from core.training.standardiser import Standardiser

STRENGTHS = tuple(float(10.0**exponent) for exponent in np.arange(-4.0, 1.01, 0.5))
"""Values tried for C, the inverse regularisation of scikit-learn's LogisticRegression, strongest first."""

SMALL_DATA = 5_000
"""From so many samples on one part held out tells enough."""
N_PARTS_SMALL, N_PARTS_LARGE = 5, 7
"""Parts the samples are dealt into: of few samples each part is held out once, of many only the first."""

MAX_ITERATIONS = 300
ROUND_ITERATIONS = 5
PATH_TOLERANCE = 1e-4
FINAL_TOLERANCE = 1e-6
"""Distance of the loss from the optimum (nats) that is near enough: rough while comparing, fine for what stays."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Probe:
    """A fitted linear head.

    Attributes:
        weight: shape (n_classes, n_features), for features as they are (not standardised).
        bias: shape (n_classes,).
    """

    weight: FloatArray
    bias: FloatArray


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class Trial:
    """One C on samples that were held out.

    Attributes:
        strength: C.
        losses: what each of them contributes to the mean, class weights included; shape (n_held_out,), nats, in the
            same order for every C.
    """

    strength: float
    losses: FloatArray

    @property
    def loss(self) -> float:
        """Mean cross-entropy in nats."""
        return float(self.losses.mean())

    def is_clearly_worse(self, other: Trial) -> bool:
        """Whether the loss is higher by more than one standard error of the difference on the same samples."""
        differences = self.losses - other.losses
        return bool(differences.mean() > differences.std() / np.sqrt(len(differences)))


def search_strengths(
    features: FloatArray,
    labels: IntArray,
    class_weights: FloatArray,
    *,
    seed: int,
    groups: IntArray | None = None,
    plain: BoolArray | None = None,
    widths: Sequence[int] | None = None,
) -> Iterator[Trial]:
    """Held-out cross-entropy of one C after the other: by cross-validation, or on one part where samples are many.

    The strengths are walked from strong to weak regularisation, each going on from the last optimum, and the walk ends
    when the held-out loss has risen twice: it falls and then rises along such a path. A sample whose class has no
    other one left to learn from is not asked for, so that one rare class does not spoil the choice for all.

    Args:
        features: shape (n_rows, n_features).
        labels: shape (n_rows,), integers in [0, n_classes).
        class_weights: weight of a row of each class, shape (n_classes,).
        seed: fixes the parts.
        groups: number of the sample each row is a view of, shape (n_rows,); all views of a sample are held out
            together. None: every row is a sample.
        plain: rows that are asked for where they are held out, shape (n_rows,). None: all.
        widths: of the parts of the features that are brought to one size apart, see `feature_scale`.

    Yields:
        One trial per C. Nothing where every class has one sample only and so none can be held out.
    """
    groups = np.arange(len(labels)) if groups is None else groups
    plain = np.ones(len(labels), dtype=bool) if plain is None else plain
    parts = _held_out_parts(labels, groups, plain, seed)
    if not parts:
        return
    # Neither the scale nor the axes know any label, so all parts share those of all rows.
    scaled = Standardiser(features, widths)(features)
    axes = find_principal_axes(scaled)
    turned = scaled @ axes.directions
    del scaled
    paths = [_held_out_path(turned, axes.variances, labels, class_weights, *part) for part in parts]
    seen: list[float] = []
    for strength, losses in zip(STRENGTHS, zip(*paths, strict=True), strict=False):
        trial = Trial(strength=strength, losses=np.concatenate(losses))
        seen.append(trial.loss)
        yield trial
        if len(seen) > 2 and seen[-1] > seen[-2] > seen[-3]:
            return


def best_strength(tried: Sequence[Trial]) -> float:
    """The strongest regularisation that is not clearly worse than the C with the lowest held-out loss.

    Neighbours on the path are often tied, and then luck would decide: the simpler head is taken (the rule of one
    standard error, Breiman et al. 1984, on the differences, because all are asked for the same samples). The middle
    one where nothing could be tried.
    """
    if not tried:
        return STRENGTHS[len(STRENGTHS) // 2]
    lowest = min(tried, key=lambda trial: trial.loss)
    return min(trial.strength for trial in tried if not trial.is_clearly_worse(lowest))


def fit_probe(
    features: FloatArray,
    labels: IntArray,
    class_weights: FloatArray,
    *,
    strength: float,
    widths: Sequence[int] | None = None,
) -> Iterator[Probe]:
    """Walk to the optimum for one C; yields the probe after every round of iterations, the last one is the optimum.

    Args:
        features: shape (n_samples, n_features).
        labels: shape (n_samples,), integers in [0, n_classes).
        class_weights: weight of a sample of each class, shape (n_classes,).
        strength: inverse regularisation C.
        widths: of the parts of the features that are brought to one size apart, see `feature_scale`.
    """
    scale = Standardiser(features, widths)
    scaled = scale(features)
    axes = find_principal_axes(scaled)
    solver = SoftmaxRegression(scaled @ axes.directions, axes.variances, labels, class_weights)
    del scaled
    solver.set_strength(strength)
    directions = torch.from_numpy(axes.directions)
    for _ in range(MAX_ITERATIONS // ROUND_ITERATIONS):
        converged = solver.advance(ROUND_ITERATIONS, FINAL_TOLERANCE)
        # By torch, as the solver: numpy has threads of its own, and the two kinds would wait for each other.
        weight, bias = scale.fold_into(torch.mm(solver.weight, directions.T).numpy(), solver.bias.numpy())
        yield Probe(weight=weight, bias=bias)
        if converged:
            return


def fit_best_probe(
    features: FloatArray,
    labels: IntArray,
    class_weights: FloatArray,
    *,
    seed: int,
    widths: Sequence[int] | None = None,
    on_trial: Callable[[int], None] = lambda _: None,
) -> Probe:
    """The head with the strength that held-out samples speak for; arguments as `search_strengths`.

    Args:
        features: shape (n_samples, n_features).
        labels: shape (n_samples,), integers in [0, n_classes).
        class_weights: shape (n_classes,).
        seed: fixes which samples are held out.
        widths: of parts of the features.
        on_trial: told how many strengths were tried so far.
    """
    tried: list[Trial] = []
    for trial in search_strengths(features, labels, class_weights, seed=seed, widths=widths):
        tried.append(trial)
        on_trial(len(tried))
    *_, probe = fit_probe(features, labels, class_weights, strength=best_strength(tried), widths=widths)
    return probe


def balanced_weights(labels: IntArray, n_classes: int) -> FloatArray:
    """Weights that let every class count alike: n_samples / (n_classes * n_class), shape (n_classes,)."""
    counts = np.bincount(labels, minlength=n_classes)
    return (len(labels) / (n_classes * np.maximum(counts, 1))).astype(np.float32)


def _held_out_parts(labels: IntArray, groups: IntArray, plain: BoolArray, seed: int) -> list[tuple[IntArray, IntArray]]:
    """Rows to learn from and rows held out, every class of these among those."""
    samples, first = np.unique(groups, return_index=True)
    parts = _sample_parts(labels[first], seed)
    rows = [(np.isin(groups, samples[train]), np.isin(groups, samples[held_out])) for train, held_out in parts]
    known = [(train, held_out & plain & np.isin(labels, labels[train])) for train, held_out in rows]
    return [(np.flatnonzero(train), np.flatnonzero(held_out)) for train, held_out in known if held_out.any()]


def _sample_parts(labels: IntArray, seed: int) -> list[tuple[IntArray, IntArray]]:
    """Samples to learn from and samples held out."""
    counts = np.bincount(labels)
    is_small = len(labels) < SMALL_DATA
    n_parts = min(N_PARTS_SMALL if is_small else N_PARTS_LARGE, int(counts.max()))
    if n_parts < 2:
        return []
    # A class with fewer samples than parts cannot be spread evenly; it is dealt out with the most frequent one.
    strata = np.where(counts[labels] < n_parts, counts.argmax(), labels)
    parts = list(StratifiedKFold(n_parts, shuffle=True, random_state=seed).split(strata, strata))
    return parts if is_small else parts[:1]


def _held_out_path(
    features: FloatArray,
    variances: FloatArray,
    labels: IntArray,
    class_weights: FloatArray,
    train: IntArray,
    held_out: IntArray,
) -> Iterator[FloatArray]:
    """What each held-out sample contributes to the loss, for one strength after the other."""
    solver = SoftmaxRegression(features[train], variances, labels[train], class_weights)
    unseen, targets = features[held_out], torch.from_numpy(labels[held_out]).long()
    shares = torch.from_numpy(class_weights[labels[held_out]]).float()
    shares /= shares.mean()
    for strength in STRENGTHS:
        solver.set_strength(strength)
        solver.advance(MAX_ITERATIONS, PATH_TOLERANCE)
        losses: FloatArray = (
            shares * functional.cross_entropy(solver.logits(unseen), targets, reduction="none")
        ).numpy()
        yield losses
