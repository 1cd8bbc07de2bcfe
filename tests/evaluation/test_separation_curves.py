"""The curves: the library's, with the points that the eye cannot tell apart left out."""

import numpy as np
import pytest
from sklearn.metrics import average_precision_score, precision_recall_curve, roc_auc_score, roc_curve

from core.evaluation.separation_curves import GRID, class_curves, macro_curves
from tests.evaluation.test_separation import answers


def test_thinning_leaves_no_point_of_the_curve_further_than_a_cell_from_one_that_is_drawn():
    probs, labels = answers(20_000, 3)
    found = class_curves(probs, labels, 1)
    is_class = labels == 1
    false_alarms, hits, _ = roc_curve(is_class, probs[:, 1])
    precision, recall, _ = precision_recall_curve(is_class, probs[:, 1], drop_intermediate=True)
    for drawn, full in (
        (found.roc, np.stack([false_alarms, hits], axis=1)),
        (found.precision_recall, np.stack([recall, precision], axis=1)[:-1]),
    ):
        points = np.array(drawn)
        assert len(points) < 3 * GRID
        gaps = np.abs(full[:, None] - points[None]).max(axis=2).min(axis=1)
        assert gaps.max() <= 1 / GRID + 1e-12
    assert (found.roc[0], found.roc[-1]) == ((0.0, 0.0), (1.0, 1.0))
    assert found.precision_recall[-1] == pytest.approx((1.0, found.share), abs=0.05)


def test_the_areas_under_the_mean_curves_are_the_mean_areas():
    probs, labels = answers(3_000, 4)
    found = macro_curves(probs, labels)
    assert found.n_classes == 4
    roc, steps = np.array(found.roc), np.array(found.precision_recall)
    areas = [roc_auc_score(labels == label, probs[:, label]) for label in range(4)]
    precisions = [average_precision_score(labels == label, probs[:, label]) for label in range(4)]
    assert np.trapezoid(roc[:, 1], roc[:, 0]) == pytest.approx(np.mean(areas), abs=0.01)
    assert steps[1:, 1].mean() == pytest.approx(np.mean(precisions), abs=0.01)


def test_a_class_without_samples_has_no_curves_and_takes_no_part_in_the_mean():
    probs, labels = answers(60, 3)
    wider = np.concatenate([probs, np.zeros((60, 1))], axis=1)
    assert class_curves(wider, labels, 3) is None
    assert macro_curves(wider, labels) == macro_curves(probs, labels)
    assert macro_curves(probs, np.zeros(60, dtype=int)) is None
