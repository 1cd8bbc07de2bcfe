"""ROC and precision-recall, drawn and told."""

from core.evaluation.records import SeparationCurves
from core.plots.separation import describe_precision_recall, describe_roc, plot_precision_recall, plot_roc

CURVES = SeparationCurves(
    roc=((0.0, 0.0), (0.0, 0.5), (0.05, 0.8), (1.0, 1.0)),
    precision_recall=((0.5, 1.0), (0.8, 0.75), (1.0, 0.25)),
    share=0.25,
    n_classes=1,
)


def test_both_curves_stand_beside_chance():
    curve, chance = plot_roc(CURVES, "ants").data
    assert (list(curve.x), list(curve.y)) == ([0.0, 0.0, 0.05, 1.0], [0.0, 0.5, 0.8, 1.0])
    assert list(chance.y) == [0.0, 1.0]
    curve, chance = plot_precision_recall(CURVES, "ants").data
    assert (list(curve.x), list(curve.y)) == ([0.5, 0.8, 1.0], [1.0, 0.75, 0.25])
    assert list(chance.y) == [0.25, 0.25]


def test_precision_is_drawn_in_steps_because_no_threshold_lies_between_two_points():
    assert plot_precision_recall(CURVES, "ants").data[0].line.shape == "vh"


def test_a_name_is_no_markup():
    for plot in (plot_roc, plot_precision_recall):
        assert plot(CURVES, "<b>ants</b>").data[0].name == "&lt;b&gt;ants&lt;/b&gt;"


def test_words_name_points_of_the_curves():
    assert describe_roc(CURVES) == (
        "ROC curve: with 1% of the others called so, 50% of the class is found; with 10%, 80%."
    )
    assert describe_precision_recall(CURVES) == (
        "Precision-recall curve: with half of the class found, 100% of those called so are it; with 90% found, 25%; "
        "calling everything so gives 25%."
    )
