import numpy as np
import pytest

from core.errors import UnknownChoiceError
from core.plots.confusion import describe_confusion_matrix, plot_confusion_matrix

MATRIX = [[8, 2, 0], [0, 4, 0], [5, 1, 4]]
NAMES = ["ants", "bees", "wasps"]


def test_rows_are_true_classes_from_top_to_bottom_and_columns_predicted_ones():
    figure = plot_confusion_matrix(MATRIX, NAMES, normalise=False)
    cells = figure.data[0]
    assert (list(cells.x), list(cells.y)) == (NAMES, NAMES)
    assert [list(row) for row in cells.z] == [[8, 2, None], [None, 4, None], [5, 1, 4]]
    assert (figure.layout.xaxis.title.text, figure.layout.yaxis.title.text) == ("Predicted class", "True class")
    assert figure.layout.yaxis.range[0] > figure.layout.yaxis.range[1]


def test_cells_are_square():
    axis = plot_confusion_matrix(MATRIX, NAMES, normalise=False).layout.yaxis
    assert (axis.scaleanchor, axis.scaleratio, axis.constrain) == ("x", 1, "domain")


def test_per_cent_are_of_the_true_class():
    cells = plot_confusion_matrix(MATRIX, NAMES, normalise=True).data[0]
    assert list(cells.z[2]) == [50.0, 10.0, 40.0]
    assert (cells.zmin, cells.zmax) == (0, 100)
    assert list(cells.text[0]) == ["80", "20", ""]


def test_rare_mistake_is_not_rounded_away():
    cells = plot_confusion_matrix([[999, 1], [0, 10]], ["a", "b"], normalise=True).data[0]
    assert list(cells.text[0]) == ["100", "&lt;1"]


def test_every_cell_with_samples_can_be_selected_and_tells_its_two_labels():
    targets = plot_confusion_matrix(MATRIX, NAMES, normalise=True).data[1]
    assert [tuple(pair) for pair in targets.customdata] == [(0, 0), (0, 1), (1, 1), (2, 0), (2, 1), (2, 2)]
    assert (targets.x[3], targets.y[3]) == ("ants", "wasps")
    assert (targets.mode, targets.marker.opacity, targets.selected.marker.opacity) == ("markers", 0, 1)


def test_hovering_tells_names_count_and_per_cent():
    figure = plot_confusion_matrix(MATRIX, NAMES, normalise=False)
    assert figure.data[1].hovertext[3] == "True class: wasps<br>Predicted class: ants<br>5 of 10 (50.0%)"
    assert figure.data[0].hoverinfo == "skip"


@pytest.mark.parametrize("order", ["mistakes", "similar"])
def test_another_order_moves_rows_and_columns_together_but_never_the_labels(order):
    matrix = np.diag([5] * 6)
    matrix[0, 5], matrix[5, 0] = 4, 3
    names = [f"class {label}" for label in range(6)]
    figure = plot_confusion_matrix(matrix.tolist(), names, normalise=False, order=order)
    cells, targets = figure.data
    assert list(cells.x) == list(cells.y) == list(figure.layout.xaxis.categoryarray)
    assert abs(list(cells.x).index("class 0") - list(cells.x).index("class 5")) == 1
    drawn = {
        (row, column): cells.z[i][j]
        for i, row in enumerate(cells.y)
        for j, column in enumerate(cells.x)
        if cells.z[i][j]
    }
    assert drawn == {(names[i], names[j]): matrix[i, j] for i, j in np.argwhere(matrix)}
    for x, y, (true, predicted) in zip(targets.x, targets.y, targets.customdata, strict=True):
        assert (y, x) == (names[true], names[predicted])


def test_unknown_order_is_refused():
    with pytest.raises(UnknownChoiceError, match="similar"):
        plot_confusion_matrix(MATRIX, NAMES, normalise=False, order="simillar")


@pytest.mark.parametrize("n_classes", [77, 150])
def test_large_matrices_drop_numbers_show_a_scale_and_let_single_mistakes_be_seen(n_classes):
    matrix = np.diag([40] * n_classes)
    matrix[0, 1] = 1
    names = [f"card_payment_with_a_long_name_{label}" for label in range(n_classes)]
    figure = plot_confusion_matrix(matrix.tolist(), names, normalise=False)
    cells, targets = figure.data
    assert cells.texttemplate is None
    assert cells.colorbar.title.text == "Samples"
    assert cells.z[0][1] / cells.zmax > 0.15
    assert len(targets.x) == n_classes + 1
    assert len(set(cells.x)) == n_classes
    assert 700 <= figure.layout.height <= 1300


def test_small_matrices_show_numbers_instead_of_a_scale():
    cells = plot_confusion_matrix(MATRIX, NAMES, normalise=False).data[0]
    assert (cells.showscale, cells.texttemplate) == (False, "%{text}")


def test_hostile_and_equal_looking_names_stay_text_and_stay_apart():
    names = ["<b>ants</b>", "a & b", "%{x}"]
    figure = plot_confusion_matrix(MATRIX, names, normalise=False)
    assert list(figure.data[0].x) == ["&lt;b&gt;ants&lt;/b&gt;", "a &amp; b", "%{x}"]
    assert "<b>ants" not in figure.to_json()
    alike = plot_confusion_matrix(MATRIX, ["x" * 30, "x" * 31, "x" * 32], normalise=False)
    assert len(set(alike.data[0].x)) == 3


def test_matrix_without_samples_is_empty_and_not_an_error():
    figure = plot_confusion_matrix([[0, 0], [0, 0]], ["a", "b"], normalise=True)
    assert [list(row) for row in figure.data[0].z] == [[None, None], [None, None]]
    assert len(figure.data[1].x) == 0


def test_same_matrix_gives_the_same_figure():
    build = [plot_confusion_matrix(MATRIX, NAMES, normalise=True, order="similar").to_json() for _ in range(2)]
    assert build[0] == build[1]


def test_colours_are_left_to_the_theme():
    figure = plot_confusion_matrix(MATRIX, NAMES, normalise=True)
    assert figure.data[0].colorscale is None
    assert figure.layout.paper_bgcolor is None


def test_words_name_hits_and_the_most_frequent_mistake():
    assert describe_confusion_matrix(MATRIX, NAMES) == (
        "Confusion matrix of 3 classes: 16 of 24 samples are right. "
        'Most frequent mistake: "wasps" taken for "ants", 5 of 10.'
    )
    assert describe_confusion_matrix([[3, 0], [0, 3]], ["a", "b"]).endswith("6 of 6 samples are right.")


def test_the_square_keeps_to_the_room_it_is_given() -> None:
    matrix = [[3, 1], [0, 4]]
    wide = plot_confusion_matrix(matrix, ["a", "b"], normalise=False)
    narrow = plot_confusion_matrix(matrix, ["a", "b"], normalise=False, max_side_px=100)
    assert wide.layout.height - narrow.layout.height == 160 - 100
    assert narrow.data[1].marker.size < 50
