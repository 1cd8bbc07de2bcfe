import pytest

from core.evaluation.records import ClassReport, Interval, SplitReport
from core.plots.class_bars import describe_class_counts, describe_class_f1, plot_class_counts, plot_class_f1

COUNTS = {"train": {"ants": 10, "bees": 30}, "val": {"ants": 5, "bees": 6}, "test": {"ants": 0, "bees": 0}}


def test_counts_are_stacked_by_split_and_the_largest_class_is_on_top():
    figure = plot_class_counts(COUNTS)
    assert [(bars.name, list(bars.y), list(bars.x)) for bars in figure.data] == [
        ("Training", ["bees", "ants"], [30, 10]),
        ("Validation", ["bees", "ants"], [6, 5]),
    ]
    assert figure.layout.barmode == "stack"
    assert figure.layout.xaxis.title.text == "Samples"
    assert figure.layout.yaxis.range[0] > figure.layout.yaxis.range[1]


def test_counts_tell_full_name_split_and_total_on_hovering():
    long = "a <b>very</b> long class name that does not fit"
    bars = plot_class_counts({"train": {long: 3}, "val": {long: 1}}).data[0]
    assert bars.hovertext[0] == "a &lt;b&gt;very&lt;/b&gt; long class name that does not fit<br>Training: 3 of 4"
    assert len(bars.y[0].replace("&lt;", "<").replace("&gt;", ">")) <= 24


@pytest.mark.parametrize("n_classes", [2, 150])
def test_every_bar_has_room_and_a_name(n_classes):
    figure = plot_class_counts({"train": {f"class {label}": label for label in range(n_classes)}})
    assert len(set(figure.data[0].y)) == n_classes
    assert figure.layout.yaxis.dtick == 1
    assert (figure.layout.height - 100) / n_classes >= 18


def test_no_samples_give_an_empty_figure():
    assert len(plot_class_counts({}).data) == 0


def test_f1_puts_the_weakest_class_on_top_and_tells_what_is_missing():
    figure = plot_class_f1(_report())
    bars = figure.data[0]
    assert (list(bars.y), list(bars.x), list(bars.text)) == (
        ["wasps", "bees", "ants"],
        [0, 0.5, 0.9],
        ["0.00", "0.50", "0.90"],
    )
    assert "Precision: none was called so<br>Recall: no samples<br>Samples: 0" in bars.hovertext[0]
    assert figure.layout.xaxis.title.text == "F1 (validation)"


def test_words_name_the_extremes():
    assert describe_class_counts(COUNTS) == (
        '51 samples in 2 classes; the largest is "bees" with 36, the smallest "ants" with 15.'
    )
    assert describe_class_counts({}) == "Samples per class; there are none."
    assert describe_class_f1(_report()) == (
        'F1 of 3 classes on 20 validation samples, from 0.00 ("wasps") to 0.90 ("ants").'
    )


def _report():
    rows = (("ants", 0.9, 0.9, 0.9, 10), ("bees", 0.5, 0.5, 0.5, 10), ("wasps", None, None, 0.0, 0))
    classes = tuple(
        ClassReport(class_name=name, precision=precision, recall=recall, f1=f1, support=support, n_predicted=support)
        for name, precision, recall, f1, support in rows
    )
    number = Interval(value=0.7, low=0.5, high=0.9)
    return SplitReport(
        split="val",
        n=20,
        accuracy=number,
        macro_f1=number,
        micro_f1=0.7,
        weighted_f1=0.7,
        balanced_accuracy=0.7,
        loss=0.5,
        majority_accuracy=0.5,
        majority_class="ants",
        classes=classes,
        confusion_matrix=((9, 1, 0), (5, 5, 0), (0, 0, 0)),
    )
