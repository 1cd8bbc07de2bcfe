"""Confidence against hit rate, drawn and told."""

import pytest

from core.evaluation.records import Calibration, CalibrationScores, CoveragePoint, Interval, ReliabilityBin
from core.plots.reliability import describe_reliability, plot_reliability

SCORES = CalibrationScores(ece=0.05, brier=0.2, log_loss=0.3)
BINS = (
    ReliabilityBin(confidence=0.6, accuracy=Interval(value=0.5, low=0.3, high=0.7)),
    ReliabilityBin(confidence=0.9, accuracy=Interval(value=0.95, low=0.8, high=0.99)),
)


def calibration(*, reliability=BINS, coverage=()):
    return Calibration(
        how="held-out",
        before=SCORES,
        after=SCORES,
        ece_by_chance=0.03,
        top_3_accuracy=None,
        reliability=reliability,
        coverage=coverage or (CoveragePoint(threshold=0.4, coverage=1.0, accuracy=BINS[1].accuracy),),
    )


def test_points_stand_at_confidence_and_hit_rate_with_their_intervals_beside_the_line_of_truth():
    points, truth = plot_reliability(calibration()).data
    assert list(truth.x) == list(truth.y)
    assert (list(points.x), list(points.y)) == ([0.6, 0.9], [0.5, 0.95])
    assert list(points.error_y.array) == pytest.approx([0.2, 0.04])
    assert list(points.error_y.arrayminus) == pytest.approx([0.2, 0.15])


def test_both_axes_show_the_same_range_which_holds_every_interval():
    figure = plot_reliability(calibration())
    assert figure.layout.xaxis.range == figure.layout.yaxis.range
    assert figure.layout.yaxis.range[0] <= 0.3


def test_words_name_the_ends_and_the_widest_gap():
    assert describe_reliability(calibration()) == (
        "Confidence against hit rate in 2 groups of samples, from 60% sure and 50% right to 90% sure and 95% right; "
        "the widest gap is at 60% sure, of which 50% are right."
    )
    assert describe_reliability(calibration(reliability=BINS[1:])) == "All samples: 90% sure on average, 95% right."
