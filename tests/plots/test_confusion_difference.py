"""The difference of two confusion matrices."""

from core.plots.confusion_difference import describe_confusion_difference, plot_confusion_difference

MATRIX = [[3, -3, 0], [1, -1, 0], [0, 0, 0]]
NAMES = ["ants", "bees", "wasps <i>"]


def test_more_hits_and_fewer_mistakes_have_the_same_sign() -> None:
    cells = plot_confusion_difference(MATRIX, NAMES).data[0]
    assert [list(row) for row in cells.z] == [[3, 3, None], [-1, -1, None], [None, None, None]]
    assert (cells.zmin, cells.zmid, cells.zmax) == (-5, 0, 5)


def test_numbers_are_the_differences_themselves() -> None:
    cells = plot_confusion_difference(MATRIX, NAMES).data[0]
    assert list(cells.text[0]) == ["+3", "-3", ""]
    assert cells.customdata[0][1] == "True class: ants<br>Predicted class: bees<br>-3 in the second run"
    assert "wasps &lt;i&gt;" in cells.customdata[2][2]


def test_many_classes_are_drawn_without_numbers() -> None:
    n = 30
    figure = plot_confusion_difference([[0] * n for _ in range(n)], [f"class {label}" for label in range(n)])
    assert figure.data[0].texttemplate == ""


def test_words_tell_the_hits_and_the_largest_change() -> None:
    words = describe_confusion_difference(MATRIX, NAMES)
    assert "+2 hits in the second run" in words
    assert 'Largest change: "ants" called "ants", +3.' in words
    assert "All cells are the same" in describe_confusion_difference([[0, 0], [0, 0]], NAMES[:2])
