"""The learning curve, drawn and told."""

from core.evaluation.records import CurveBand, CurvePoint, Interval, LearningCurve
from core.plots.learning_curve import describe_learning_curve, plot_learning_curve

POINTS = (
    CurvePoint(n_train=100, scores=(0.7, 0.8), train_score=1.0),
    CurvePoint(n_train=200, scores=(0.82,), train_score=0.95),
)
BAND = tuple(
    CurveBand(n_train=n, score=Interval(value=value, low=value - 0.05, high=value + 0.04))
    for n, value in ((100, 0.75), (200, 0.82), (400, 0.86))
)
CURVE = LearningCurve(
    points=POINTS,
    band=BAND,
    gain=Interval(value=0.04, low=0.01, high=0.06),
    foretold=None,
    verdict="more-data",
    better_run="",
    n_val=50,
    seconds=1.0,
    created_at="2026-01-01T12:00:00+00:00",
)


def test_every_draw_the_means_and_the_law_with_its_band_are_drawn() -> None:
    low, high, law, draws, means = plot_learning_curve(CURVE).data
    assert list(draws.x) == [100, 100, 200]
    assert list(draws.y) == [0.7, 0.8, 0.82]
    assert list(means.y) == [0.75, 0.82]
    assert list(law.x) == [100, 200, 400]
    assert (low.fill, high.fill) == (None, "tonexty")
    assert all(below < at < above for below, at, above in zip(low.y, law.y, high.y, strict=True))


def test_what_lies_beyond_all_samples_is_marked_off() -> None:
    figure = plot_learning_curve(CURVE)
    (line,) = figure.layout.shapes
    assert line.x0 == line.x1 == 200
    assert figure.layout.xaxis.tickvals == (100, 200, 400)
    assert figure.layout.height


def test_the_words_name_both_ends_and_where_it_is_to_go() -> None:
    text = describe_learning_curve(CURVE)
    for part in ("75.0%", "from 100 samples", "82.0% from all 200", "86.0%", "81.0% to 90.0%", "400"):
        assert part in text.replace("after learning ", "")
