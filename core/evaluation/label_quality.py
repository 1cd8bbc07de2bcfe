"""Which labels are probably wrong: confident learning on probabilities of heads that never saw the sample.

Northcutt et al. 2021: from a sample's label and the probabilities of a model that did not learn from it, the joint
distribution of given and true labels is estimated, and with it how many labels of each class are wrong.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import torch

from core.arrays import BoolArray, FloatArray, IntArray
from core.evaluation.transferability import deal_out
from core.training.principal_axes import find_principal_axes
from core.training.probe import MAX_ITERATIONS, best_strength, search_strengths
from core.training.softmax_regression import SoftmaxRegression
from core.training.standardiser import Standardiser

TOLERANCE = 1e-5
"""Nats from the optimum: the order of suspects does not change below."""


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class HeldOutProbs:
    """What heads say of samples that they did not learn from.

    Attributes:
        probs: class probabilities, shape (n_samples, n_classes), float32; zeros where not asked.
        is_asked: shape (n_samples,); False where a sample's class had no other one to learn from.
    """

    probs: FloatArray
    is_asked: BoolArray


def held_out_probs(
    features: FloatArray,
    labels: IntArray,
    contents: IntArray,
    n_classes: int,
    *,
    seed: int,
    on_part: Callable[[int, int], None] = lambda *_: None,
) -> HeldOutProbs:
    """Probabilities of a linear head, cross-validated; copies of one content are held out together.

    Args:
        features: shape (n_samples, n_features).
        labels: shape (n_samples,), integers in [0, n_classes).
        contents: number of each sample's content, shape (n_samples,); equal content has equal numbers.
        n_classes: number of classes.
        seed: fixes the parts.
        on_part: told (parts done, parts in all); may raise to end it.
    """
    even = np.ones(n_classes, dtype=np.float32)
    strength = best_strength(list(search_strengths(features, labels, even, seed=seed, groups=contents)))
    # Neither the scale nor the axes know any label, so all parts share those of all samples.
    scaled = Standardiser(features)(features)
    axes = find_principal_axes(scaled)
    turned = scaled @ axes.directions
    probs = np.zeros((len(labels), n_classes), dtype=np.float32)
    is_asked = np.zeros(len(labels), dtype=bool)
    parts = _rows_of_parts(labels, contents, seed)
    for n_done, (train, held_out) in enumerate(parts):
        on_part(n_done, len(parts))
        solver = SoftmaxRegression(turned[train], axes.variances, labels[train], even)
        solver.set_strength(strength)
        solver.advance(MAX_ITERATIONS, TOLERANCE)
        probs[held_out] = torch.softmax(solver.logits(turned[held_out]), dim=1).numpy()
        is_asked[held_out] = np.isin(labels[held_out], labels[train])
    return HeldOutProbs(probs=probs, is_asked=is_asked)


def find_suspects(held_out: HeldOutProbs, labels: IntArray) -> IntArray:
    """Rows whose label is probably wrong, the least believed label first, shape (n_suspects,).

    Taken are those that both the counts of the joint distribution and the thresholds of confident learning name; they
    are ordered by the probability of their label. With 5 % of BANKING77's labels replaced at random, of three rules
    and two orders these were the most often right.

    Args:
        held_out: for all samples.
        labels: as given, shape (n_samples,), integers in [0, n_classes).
    """
    from cleanlab.filter import find_label_issues  # brings pandas; pages that only read an answer need none of it

    rows = np.flatnonzero(held_out.is_asked)
    probs, given = held_out.probs[rows].astype(np.float64), labels[rows]
    if len(rows) < 2 or not (probs.argmax(axis=1) != given).any():
        return rows[:0]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)  # small classes, which the findings of a dataset tell of
        # One process: another per core would load everything anew, and it is a matter of milliseconds.
        found = find_label_issues(
            given, probs, filter_by="both", return_indices_ranked_by="self_confidence", n_jobs=1
        ).astype(np.int64)
    suspects: IntArray = rows[found[probs[found].argmax(axis=1) != given[found]]]
    return suspects


def _rows_of_parts(labels: IntArray, contents: IntArray, seed: int) -> list[tuple[IntArray, IntArray]]:
    """Rows to learn from and rows held out, dealt out by content; a content under two labels counts as the first."""
    _, first, number = np.unique(contents, return_index=True, return_inverse=True)
    parts = deal_out(labels[first], seed)
    return [(np.flatnonzero(np.isin(number, train)), np.flatnonzero(np.isin(number, held))) for train, held in parts]
