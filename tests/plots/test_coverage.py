"""Answering only where sure enough, drawn and told."""

from core.evaluation.records import CoveragePoint, Interval
from core.plots.coverage import describe_coverage, plot_coverage
from tests.plots.test_reliability import calibration

POINTS = (
    CoveragePoint(threshold=0.97, coverage=0.25, accuracy=Interval(value=1.0, low=0.8, high=1.0)),
    CoveragePoint(threshold=0.9, coverage=0.5, accuracy=Interval(value=0.98, low=0.85, high=0.99)),
    CoveragePoint(threshold=0.3, coverage=1.0, accuracy=Interval(value=0.9, low=0.82, high=0.95)),
)


def test_the_line_tells_the_accuracy_and_its_points_their_threshold():
    line, low, high = plot_coverage(calibration(coverage=POINTS)).data
    assert (list(line.x), list(line.y)) == ([0.25, 0.5, 1.0], [1.0, 0.98, 0.9])
    assert [row[0] for row in line.customdata] == [0.97, 0.9, 0.3]
    assert (list(low.y), list(high.y)) == ([0.8, 0.85, 0.82], [1.0, 0.99, 0.95])


def test_words_compare_everything_with_the_surer_half():
    assert describe_coverage(calibration(coverage=POINTS)) == (
        "Answering every sample, 90.0% are right; answering only where at least 90.0% sure, which are 50% of the "
        "samples, 98.0% are."
    )
    assert describe_coverage(calibration(coverage=POINTS[2:])) == (
        "Answering every sample, 90.0% are right; all are equally sure."
    )
